// dynamic_library.h: a shared library that is loaded at run time (the trainer's XGBoost).
//
// Loaded with RTLD_NOW and RTLD_LOCAL: a missing symbol fails here and not in the middle of work, and the library's own
// dependencies do not leak into the program. Never unloaded: libraries with threads of their own do not survive that.
//
// Thread safety: values; all functions are safe from any thread.
//
//   PLUMB_ASSIGN_OR_RETURN(const DynamicLibrary library, DynamicLibrary::Load("libm.so.6"));
//   PLUMB_ASSIGN_OR_RETURN(auto* const floor_of, library.Function<double(double)>("floor"));
#pragma once

#include <string>

#include "base/status.h"

namespace plumb::base {

class DynamicLibrary {
 public:
  // A path, or a name that the system's loader looks for. kNotFound when it is not there, kFailedPrecondition when it
  // cannot be loaded.
  static Result<DynamicLibrary> Load(const std::string& path);

  // kNotFound when the library does not export `name`.
  [[nodiscard]] Result<void*> Symbol(const std::string& name) const;

  // The same as a function of type `Signature`, which nobody can check.
  template <typename Signature>
  [[nodiscard]] Result<Signature*> Function(const std::string& name) const {
    PLUMB_ASSIGN_OR_RETURN(void* const symbol, Symbol(name));
    return reinterpret_cast<Signature*>(symbol);
  }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  DynamicLibrary(std::string path, void* handle) : path_(std::move(path)), handle_(handle) {}
  std::string path_;
  void* handle_;
};

}  // namespace plumb::base
