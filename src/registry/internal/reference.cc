#include "registry/internal/reference.h"

#include <algorithm>
#include <charconv>

namespace plumb::registry {
namespace {

using base::Result;
using base::Status;

constexpr size_t kNameBytesMax = 128;
constexpr size_t kLabelBytesMax = 256;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsFirst(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsLater(char c) { return IsFirst(c) || IsDigit(c) || c == '.' || c == '-'; }

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && IsFirst(name[0]) &&
         std::all_of(name.begin(), name.end(), IsLater);
}

bool IsVersionNumber(std::string_view text) {
  return text.size() > 1 && text[0] == 'v' && std::all_of(text.begin() + 1, text.end(), IsDigit);
}

}  // namespace

Status ValidateName(std::string_view what, std::string_view name) {
  if (IsName(name)) return Status();
  return base::InvalidArgument("{} has an invalid name: \"{}\".", what, name.substr(0, kNameBytesMax))
      .WithSuggestion("Use letters, digits, \"_\", \".\" and \"-\", a letter or \"_\" first, at most 128.");
}

Status ValidateAlias(std::string_view alias) {
  PLUMB_RETURN_IF_ERROR(ValidateName("Alias", alias));
  if (!IsVersionNumber(alias)) return Status();
  return base::InvalidArgument("Alias looks like a version number: {}.", alias);
}

Status ValidateLabel(std::string_view what, std::string_view label) {
  const bool is_plain = std::none_of(label.begin(), label.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!label.empty() && label.size() <= kLabelBytesMax && is_plain) return Status();
  return base::InvalidArgument("{} has an invalid name: it has {} bytes or a control character; want 1 to {} bytes.",
                               what, label.size(), kLabelBytesMax);
}

Result<Reference> ParseReference(std::string_view text) {
  const Status malformed =
      base::InvalidArgument("Reference to a model version is malformed: \"{}\".", text.substr(0, 2 * kNameBytesMax))
          .WithSuggestion("Write MODEL, MODEL@v3 or MODEL@ALIAS.");
  const size_t at = text.find('@');
  Reference reference;
  reference.model = text.substr(0, at);
  if (!IsName(reference.model)) return malformed;
  if (at == std::string_view::npos) return reference;
  const std::string_view rest = text.substr(at + 1);
  if (!IsName(rest)) return malformed;
  if (!IsVersionNumber(rest)) {
    reference.alias = rest;
    return reference;
  }
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + 1, end, reference.number);
  if (error != std::errc() || stop != end || reference.number < 1) return malformed;
  return reference;
}

}  // namespace plumb::registry
