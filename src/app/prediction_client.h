// prediction_client.h: a running server as the command line asks it.
//
// Thread safety: one user.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"
#include "serve/http_client.h"

namespace plumb::app {

class PredictionClient {
 public:
  // `url` as serve::ParseServerAddress takes it.
  static base::Result<PredictionClient> Make(const std::string& url);

  // The server's answer; its error is given back as the error it was there. kUnavailable when nobody answers.
  base::Result<base::Json> Predict(const std::string& deployment, std::string_view body);

 private:
  explicit PredictionClient(serve::HttpClientOptions options) : client_(std::move(options)) {}
  serve::HttpClient client_;
};

}  // namespace plumb::app
