#include <gtest/gtest.h>

#include "base/yaml.h"

namespace plumb::base {
namespace {

// Parses a text and keeps what a YamlReader needs alive.
struct Fixture {
  explicit Fixture(std::string text) {
    root = ParseYaml(std::make_shared<const SourceText>(SourceText{"test.yaml", std::move(text)}), &diagnostics);
  }
  std::string Only() const {
    EXPECT_EQ(diagnostics.all().size(), 1u) << diagnostics.Render(false);
    if (diagnostics.all().empty()) return "";
    const Diagnostic& first = diagnostics.all().front();
    return first.position.ToString() + ": " + first.message + (first.suggestion.empty() ? "" : " " + first.suggestion);
  }
  Diagnostics diagnostics;
  YamlNode root;
};

TEST(YamlReader, ReadsTypedValues) {
  Fixture f(
      "path: data/*.parquet\nskip: true\nrows: -12\nshare: 1e-3\nname: '7'\nlist: [a, 'b']\none: x\nempty:\nmap: {a: "
      "b}\n");
  YamlReader reader(f.root, "source flights", &f.diagnostics);
  EXPECT_EQ(reader.RequiredString("path"), "data/*.parquet");
  EXPECT_EQ(reader.Bool("skip"), true);
  EXPECT_EQ(reader.Int("rows", -100, 100), -12);
  EXPECT_EQ(reader.Double("share", 0, 1), 0.001);
  EXPECT_EQ(reader.String("name"), "7");
  EXPECT_EQ(reader.Strings("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.Strings("one"), std::vector<std::string>{"x"});
  EXPECT_EQ(reader.Strings("empty"), std::vector<std::string>{});
  EXPECT_EQ(reader.String("empty"), std::nullopt);
  EXPECT_EQ(reader.String("absent"), std::nullopt);
  EXPECT_EQ(reader.Bool("absent"), std::nullopt);
  ASSERT_NE(reader.RequiredNode("map"), nullptr);
  EXPECT_TRUE(reader.Node("map")->IsMap());
  EXPECT_EQ(reader.Node("absent"), nullptr);
  EXPECT_EQ(reader.Where("skip").ToString(), "test.yaml:2:7");
  EXPECT_EQ(reader.Where("absent").ToString(), "test.yaml:1:1");
  reader.Finish();
  EXPECT_TRUE(f.diagnostics.all().empty()) << f.diagnostics.Render(false);
}

TEST(YamlReader, ReportsWrongValues) {
  const struct {
    const char *text, *mistake;
  } kCases[] = {
      {"s: [a]", "test.yaml:1:4: Value has the wrong type: s in model m, want text, got list."},
      {"b: yes", "test.yaml:1:4: Value has the wrong type: b in model m, want true or false, got yes."},
      {"b: 'true'", "test.yaml:1:5: Value has the wrong type: b in model m, want true or false, got true."},
      {"i: 1.5", "test.yaml:1:4: Value has the wrong type: i in model m, want whole number, got 1.5."},
      {"i: 10m", "test.yaml:1:4: Value has the wrong type: i in model m, want whole number, got 10m."},
      {"i: 99999999999999999999",
       "test.yaml:1:4: Value has the wrong type: i in model m, want whole number, got 99999999999999999999."},
      {"i: 11", "test.yaml:1:4: Value is out of range: i in model m, want 1 to 10, got 11."},
      {"d: nan", "test.yaml:1:4: Value has the wrong type: d in model m, want number, got nan."},
      {"d: inf", "test.yaml:1:4: Value has the wrong type: d in model m, want number, got inf."},
      {"d: 1.5", "test.yaml:1:4: Value is out of range: d in model m, want 0 to 1, got 1.5."},
      {"l: {a: b}", "test.yaml:1:4: Value has the wrong type: l in model m, want list of texts, got map."},
      {"l: [a, [b]]", "test.yaml:1:8: Value has the wrong type: l in model m, want list of texts, got list in it."},
      {"zzz: 1", "test.yaml:1:1: Key is not known: zzz in model m. Known keys: s, b, i, d, l, window."},
      {"windw: 1", "test.yaml:1:1: Key is not known: windw in model m. Did you mean window?"},
      {"[a]", "test.yaml:1:1: Value has the wrong type: model m, want map, got list."},
  };
  for (const auto& test : kCases) {
    Fixture f(test.text);
    YamlReader reader(f.root, "model m", &f.diagnostics);
    reader.String("s");
    reader.Bool("b");
    reader.Int("i", 1, 10);
    reader.Double("d", 0, 1);
    reader.Strings("l");
    reader.Node("window");
    reader.Finish();
    EXPECT_EQ(f.Only(), test.mistake);
  }
}

TEST(YamlReader, ReportsMissingKeysOnce) {
  Fixture f("a: {path: }");
  YamlReader reader(*f.root.Find("a"), "source a", &f.diagnostics);
  EXPECT_EQ(reader.RequiredString("path"), "");
  EXPECT_EQ(f.Only(), "test.yaml:1:5: Key is missing: path in source a.");

  Fixture absent("");
  YamlReader nothing(absent.root, "source a", &absent.diagnostics);
  EXPECT_EQ(nothing.RequiredNode("path"), nullptr);
  EXPECT_EQ(absent.Only(), "test.yaml:1:1: Key is missing: path in source a.");

  Fixture scalar("text");
  YamlReader wrong(scalar.root, "source a", &scalar.diagnostics);
  wrong.RequiredString("path");
  wrong.RequiredNode("path");
  wrong.Finish();
  EXPECT_EQ(scalar.Only(), "test.yaml:1:1: Value has the wrong type: source a, want map, got text.");
}

}  // namespace
}  // namespace plumb::base
