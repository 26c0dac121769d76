#include "base/dynamic_library.h"

#include <dlfcn.h>
#include <unistd.h>

namespace plumb::base {
namespace {

std::string LastError() {
  const char* text = dlerror();
  return text != nullptr ? text : "no reason given";
}

}  // namespace

Result<DynamicLibrary> DynamicLibrary::Load(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return DynamicLibrary(path, handle);
  const std::string reason = LastError();
  const bool is_path = path.find('/') != std::string::npos;
  if (is_path && access(path.c_str(), F_OK) != 0) return NotFound("Library is not there: {}.", path);
  const bool is_missing = reason.starts_with(path + ": cannot open shared object file");
  return Status(is_missing ? Code::kNotFound : Code::kFailedPrecondition,
                fmt::format("Library could not be loaded: {}: {}.", path, reason));
}

Result<void*> DynamicLibrary::Symbol(const std::string& name) const {
  void* symbol = dlsym(handle_, name.c_str());
  if (symbol == nullptr) return NotFound("Library has no such symbol: {}, want {}.", path_, name);
  return symbol;
}

}  // namespace plumb::base
