// profile_page.h: a profile for people: one HTML page (html_page.h).
//
// First a table of all columns, so that what is odd is found; then a card a column with its figures and a histogram.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "operate/profile.h"

namespace plumb::operate {

struct ProfileFacts {
  std::vector<std::pair<std::string, std::string>> facts;  // above the columns: "model", "late_arrival"
};
std::string RenderProfilePage(const TableProfile& profile, const ProfileFacts& facts);

}  // namespace plumb::operate
