// memory_file_system.h: a file system in memory that fails when told to, for tests.
//
// The fault model, which the code under test must survive:
//   - Any operation may fail, once or from then on (FailAt). An Append that fails has written the first half of its
//   bytes;
//     every other operation that fails has done nothing. A Sync that fails loses the unsynced bytes for good.
//   - The disk may fill up (SetCapacity): an Append writes what fits, then fails with kResourceExhausted.
//   - A crash (Crash) throws away what was not made durable: bytes since the last Sync of the file, and the names
//   created, renamed
//     or removed in a folder since its last SyncDirectory. CrashTorn keeps a random part of each file's unsynced bytes,
//     as a disk does that had begun to write. Open files and locks of before a crash are dead.
//   - Not modelled: reordered bytes inside one file, bit rot (use Corrupt), and folders that vanish: CreateDirectories
//   is
//     durable at once.
//
// The current folder is the root: "a/b" and "/a/b" are one file. Modification times count operations, so that runs
// repeat.
//
// Thread safety: safe from any thread; one lock.
//
//   MemoryFileSystem files;                                  // from memory_file_system_test.cc
//   files.FailAt(files.operations() + 2, Code::kIo);
//   files.WriteFileAtomically("state.json", "new");          // kIo
//   files.Crash();
//   files.ReadFile("state.json");                            // the old bytes, whole
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/random.h"

namespace plumb::base {

class MemoryFileSystem : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  Result<std::string> ReadFile(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status RemoveAll(const std::string& path) override;
  Status Truncate(const std::string& path, int64_t bytes) override;
  Status SyncDirectory(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

  // Operations so far, reads too: run once without faults, then again with a fault at each number below this.
  [[nodiscard]] int64_t operations() const;
  // The operation with this number (0 is the first ever) fails with `code`; if `sticky`, all later ones too. Replaces
  // the former fault.
  void FailAt(int64_t operation, Code code, bool sticky = false);
  void ClearFaults();  // also the capacity
  // Bytes that all files together may hold.
  void SetCapacity(int64_t bytes);

  void Crash();
  void CrashTorn(Random& random);

  // A whole file, durable at once, with its folders; for setting up a test. Counts no operations.
  void Put(const std::string& path, std::string_view bytes);
  // Flips one bit of a file, also in its durable bytes. Requires that the file has this byte.
  void Corrupt(const std::string& path, int64_t byte, int bit = 0);

 private:
  struct Node;
  struct State;
  class File;
  class HeldLock;
  std::shared_ptr<State> state_;  // shared with open files and locks
};

}  // namespace plumb::base
