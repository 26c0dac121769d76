#include "base/config.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/memory_file_system.h"

namespace plumb::base {
namespace {

std::vector<ConfigKey> Keys() {
  return {
      {.name = "serve.host", .default_text = "127.0.0.1", .doc = "Address."},
      {.name = "serve.port",
       .type = ConfigType::kInt,
       .default_text = "8080",
       .min = "1",
       .max = "65535",
       .doc = "Port of the HTTP server."},
      {.name = "serve.timeout",
       .type = ConfigType::kDuration,
       .default_text = "30s",
       .min = "1ms",
       .doc = "Longest | wait.",
       .reloadable = true},
      {.name = "serve.body_max", .type = ConfigType::kBytes, .default_text = "16MiB", .doc = "Largest body."},
      {.name = "serve.origins", .type = ConfigType::kStrings, .doc = "Allowed origins."},
      {.name = "log.level", .default_text = "info", .choices = {"debug", "info"}, .doc = "Level.", .reloadable = true},
      {.name = "log.sample",
       .type = ConfigType::kDouble,
       .default_text = "0.5",
       .min = "0",
       .max = "1",
       .doc = "Share."},
      {.name = "log.colour", .type = ConfigType::kBool, .default_text = "true", .doc = "Colours."},
      {.name = "state", .doc = "Folder of the state.", .per_environment = false},
      {.name = "stores.*.url", .doc = "Address of a store.", .secret = true},
  };
}

// A project in memory and what came of reading it.
struct Loaded {
  Diagnostics diagnostics;
  Config config;
};

struct Project {
  std::string plumb_yaml;
  std::string overlay;
  std::vector<std::pair<std::string, std::string>> overrides;
};

Loaded Load(const Project& project) {
  MemoryFileSystem files;
  files.Put("p/plumb.yaml", project.plumb_yaml);
  files.Put("p/secrets/db", "s3cret\n");
  if (!project.overlay.empty()) files.Put("p/env/production.yaml", project.overlay);
  ConfigSources sources;
  sources.files = &files;
  sources.directory = "p";
  sources.environment_name = project.overlay.empty() ? "" : "production";
  sources.environment = [](const std::string& name) {
    return name == "PORT" ? std::optional<std::string>("99") : std::nullopt;
  };
  sources.overrides = project.overrides;
  sources.keys = Keys();
  Loaded loaded;
  loaded.config = LoadConfig(sources, &loaded.diagnostics);
  return loaded;
}

Config LoadGood(const Project& project) {
  Loaded loaded = Load(project);
  EXPECT_FALSE(loaded.diagnostics.has_errors()) << loaded.diagnostics.Render(false);
  return loaded.config;
}

TEST(Config, GivesDefaults) {
  const Config config = LoadGood({});
  EXPECT_EQ(config.String("serve.host"), "127.0.0.1");
  EXPECT_EQ(config.Int("serve.port"), 8080);
  EXPECT_EQ(config.Micros("serve.timeout"), 30 * kSecond);
  EXPECT_EQ(config.Bytes("serve.body_max"), 16 << 20);
  EXPECT_TRUE(config.Strings("serve.origins").empty());
  EXPECT_EQ(config.Double("log.sample"), 0.5);
  EXPECT_TRUE(config.Bool("log.colour"));
  EXPECT_FALSE(config.IsSet("serve.port"));
}

TEST(Config, ReadsNestedMapsAndDottedNames) {
  const Config config =
      LoadGood({.plumb_yaml = "serve:\n  port: 81\n  origins: [a, 'b,c']\nlog.level: debug\nstate:\n"});
  EXPECT_EQ(config.Int("serve.port"), 81);
  EXPECT_EQ(config.Strings("serve.origins"), (std::vector<std::string>{"a", "b,c"}));
  EXPECT_EQ(config.String("log.level"), "debug");
  EXPECT_TRUE(config.IsSet("serve.port"));
  EXPECT_EQ(config.Where("serve.port").ToString(), "plumb.yaml:2:9");
}

TEST(Config, LetsLaterSourcesWin) {
  const Config config = LoadGood({.plumb_yaml = "serve: {port: 1, host: a, timeout: 1s}",
                                  .overlay = "serve: {port: 2, host: b}",
                                  .overrides = {{"serve.port", "3"}}});
  EXPECT_EQ(config.Int("serve.port"), 3);
  EXPECT_EQ(config.String("serve.host"), "b");
  EXPECT_EQ(config.Micros("serve.timeout"), kSecond);
}

TEST(Config, SubstitutesAndHidesSecrets) {
  const Config config =
      LoadGood({.plumb_yaml = "serve:\n  port: ${env:PORT}\n  host: 'a:${file:secrets/db}@b $${x} $'\n"
                              "stores: {main: {url: plain}, old: {url: b}}\n"});
  EXPECT_EQ(config.Int("serve.port"), 99);
  EXPECT_EQ(config.String("serve.host"), "a:s3cret@b ${x} $");
  EXPECT_EQ(config.String("stores.main.url"), "plain");
  EXPECT_EQ(config.Names("stores"), (std::vector<std::string>{"main", "old"}));
  for (const auto& shown : config.Show()) {
    EXPECT_EQ(shown.value.find("s3cret"), std::string::npos);
    const bool is_secret = shown.name == "serve.port" || shown.name == "serve.host" || shown.name.starts_with("stores");
    EXPECT_EQ(shown.value == "***", is_secret) << shown.name;
    EXPECT_EQ(config.IsSecret(shown.name), is_secret) << shown.name;
  }
}

TEST(Config, ReportsMistakesWithTheirPlace) {
  const struct {
    Project project;
    const char* want;
  } cases[] = {
      {{.plumb_yaml = "serve: {prot: 1}"}, "plumb.yaml:1:9: error: Configuration key is not known: serve.prot."},
      {{.plumb_yaml = "serve: {prot: 1}"}, "Did you mean serve.port?"},
      {{.plumb_yaml = "serve: {port: x}"}, "want int, got x"},
      {{.plumb_yaml = "serve: {port: 70000}"}, "It is above 65535."},
      {{.plumb_yaml = "serve: {port: 0}"}, "It is below 1."},
      {{.plumb_yaml = "serve: {port: [1]}"}, "wrong form"},
      {{.plumb_yaml = "serve: {timeout: 1mo}"}, "Months have no fixed length"},
      {{.plumb_yaml = "serve: {timeout: 1us}"}, "want duration"},
      {{.plumb_yaml = "serve: {body_max: 99999999TB}"}, "Not a number of bytes"},
      {{.plumb_yaml = "serve: {port: 1}\nserve.port: 2"}, "Key occurs twice: serve.port."},
      {{.plumb_yaml = "log: {sample: nan}"}, "It is below 0."},
      {{.plumb_yaml = "log: {colour: yes}"}, "Not true or false"},
      {{.plumb_yaml = "log: {level: loud}"}, "It is none of debug, info."},
      {{.plumb_yaml = "- a"}, "not a map"},
      {{.plumb_yaml = "stores: {main: {ulr: x}}"}, "not known: stores.main.ulr"},
      {{.plumb_yaml = "state: ${env:NONE}"}, "Environment variable is not set: NONE."},
      {{.plumb_yaml = "state: ${file:none}"}, "none"},
      {{.plumb_yaml = "state: ${what:none}"}, "Reference is not known"},
      {{.plumb_yaml = "state: ${env:NONE"}, "not closed"},
      {{.plumb_yaml = "a: 1", .overlay = "state: x"}, "cannot differ between environments"},
      {{.overrides = {{"serve.prot", "1"}}}, "<override>:1:1"},
      {{.overrides = {{"serve.port", "y"}}}, "<override>:1:12"},
  };
  for (const auto& c : cases) {
    const std::string text = Load(c.project).diagnostics.Render(false);
    EXPECT_NE(text.find(c.want), std::string::npos) << c.want << "\n" << text;
  }
}

TEST(Config, DoesNotPrintASecretThatDoesNotFit) {
  MemoryFileSystem files;
  files.Put("p/plumb.yaml", "serve: {port: '${file:token}'}");
  files.Put("p/token", "hunter2");
  Diagnostics diagnostics;
  (void)LoadConfig({.files = &files, .directory = "p", .keys = Keys()}, &diagnostics);
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.Render(false).find("hunter2"), std::string::npos);
}

TEST(Config, NeedsTheOverlayThatWasNamed) {
  for (const char* name : {"production", "../x", ".x"}) {
    MemoryFileSystem files;
    Diagnostics diagnostics;
    (void)LoadConfig({.files = &files, .directory = "p", .environment_name = name, .keys = Keys()}, &diagnostics);
    EXPECT_TRUE(diagnostics.has_errors()) << name;
  }
}

TEST(Config, TellsWhatChanged) {
  const Config former = LoadGood({.plumb_yaml = "serve: {port: 1, timeout: 1s}\nstores: {a: {url: ''}}"});
  const Config now =
      LoadGood({.plumb_yaml = "serve: {port: 1, timeout: 2s}\nlog: {level: info}\nstores: {b: {url: x}}"});
  EXPECT_EQ(now.ChangedFrom(former), (std::vector<std::string>{"serve.timeout", "stores.a.url", "stores.b.url"}));
  EXPECT_TRUE(now.IsReloadable("serve.timeout"));
  EXPECT_FALSE(now.IsReloadable("serve.port"));
}

TEST(ConfigDeathTest, RefusesToReadWhatIsNotDeclared) {
  const Config config = LoadGood({});
  EXPECT_DEATH((void)config.String("serve.prot"), "declared");
  EXPECT_DEATH((void)config.String("serve.port"), "type");
}

TEST(ConfigReference, ListsEveryKeyBySection) {
  const std::string text = ConfigReference(Keys());
  EXPECT_NE(text.find("## serve\n"), std::string::npos);
  EXPECT_NE(text.find("| `serve.port` | int | `8080` | `1` to `65535` | no | Port of the HTTP server. |\n"),
            std::string::npos);
  EXPECT_NE(text.find("| `serve.timeout` | duration | `30s` | at least `1ms` | yes | Longest \\| wait. |\n"),
            std::string::npos);
  EXPECT_NE(text.find("| `stores.*.url` | string |  |  | no | Address of a store. Secret. |\n"), std::string::npos);
}

}  // namespace
}  // namespace plumb::base
