// asking.h: a question about features on the command line: which, for whom, when.
//
// Shared by query, features get and why, so that the three ask the same thing in the same words.
#pragma once

#include <string>
#include <vector>

#include "app/project.h"
#include "app/verbs.h"
#include "engine/feature_plan.h"

namespace plumb::app {

struct Question {
  engine::FeaturePlan plan;
  data::Batch inputs;  // one row
  base::Time t = 0, cut = 0;
};

// `what` is VIEW.FEATURE, VIEW.* or a query such as "count() over 2h of carrier from flights". Errors name what is
// wrong with it, with the keys ("carrier=UA") or with the time.
base::Result<Question> MakeQuestion(const Invocation& invocation, const Project& project, const AskOptions& options);

// The present for an empty text.
base::Result<base::Time> ReadTimeOption(const Invocation& invocation, const std::string& text);

// What the request driver answers, from the lake's newest events.
base::Result<engine::FeatureAnswer> Answer(const Invocation& invocation, const Project& project,
                                           const Question& question);

// "origin=JFK", "carrier=UA, dest=IAH".
std::string InputsText(const data::Batch& inputs);

}  // namespace plumb::app
