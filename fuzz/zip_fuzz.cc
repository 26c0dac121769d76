// zip_fuzz.cc: no bytes may crash the readers of ZIP archives and gzip files or make them exceed their limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/archive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view archive(reinterpret_cast<const char*>(bytes), size);
  const plumb::data::ArchiveLimits limits{.bytes_max = 1 << 20};
  const auto members = plumb::data::ListZip(archive);
  if (members.ok()) {
    for (const plumb::data::ZipMember& member : members.value()) {
      const auto text = plumb::data::ReadZipMember(archive, member, limits);
      if (text.ok() && text.value().size() > limits.bytes_max) std::abort();
    }
  }
  const auto text = plumb::data::Gunzip(archive, limits);
  if (text.ok() && text.value().size() > limits.bytes_max) std::abort();
  return 0;
}
