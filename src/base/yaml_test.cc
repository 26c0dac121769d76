#include "base/yaml.h"

#include <gtest/gtest.h>

namespace plumb::base {
namespace {

SourceTextPtr Source(std::string text) {
  return std::make_shared<const SourceText>(SourceText{"test.yaml", std::move(text)});
}

YamlNode Parse(const std::string& text) {
  Diagnostics diagnostics;
  YamlNode root = ParseYaml(Source(text), &diagnostics);
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.Render(false);
  return root;
}

std::string Underlined(const Position& position) {
  return position.source->text.substr(position.offset, position.length);
}

// Flow-style text of a tree, so that trees can be compared at a glance.
std::string Show(const YamlNode& node) {
  std::string out;
  if (node.IsNull()) return "~";
  if (node.IsScalar()) return node.quoted ? "'" + node.scalar + "'" : node.scalar;
  if (node.IsSequence()) {
    for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + Show(item);
    return "[" + out + "]";
  }
  for (const YamlEntry& entry : node.entries) out += (out.empty() ? "" : ", ") + entry.key + ": " + Show(entry.value);
  return "{" + out + "}";
}

// Checks the position of every scalar and key: the source there must read as the scalar does.
void ExpectScalarsInPlace(const YamlNode& node) {
  if (node.IsScalar()) {
    EXPECT_EQ(Underlined(node.position), node.scalar);
    EXPECT_EQ(SourceOffset(node, node.scalar.size()), node.position.offset + node.scalar.size());
  }
  for (const YamlNode& item : node.items) ExpectScalarsInPlace(item);
  for (const YamlEntry& entry : node.entries) {
    EXPECT_EQ(Underlined(entry.key_position), entry.key);
    ExpectScalarsInPlace(entry.value);
  }
}

TEST(ParseYaml, ReadsTheFormsOfAProject) {
  const struct {
    const char *text, *shown;
  } kCases[] = {
      {"", "~"},
      {"# only a comment\n", "~"},
      {"---\n", "~"},
      {"---\na: 1\n...\n", "{a: 1}"},
      {"a: {b: c, d: [e, 'f']}\n", "{a: {b: c, d: [e, 'f']}}"},
      {"a:\n- 1\n- b: 2\n  c: 3\n-\n", "{a: [1, {b: 2, c: 3}, ~]}"},
      {"a:\nb: null\nc: ~\nd: ''\ne: 'null'\n", "{a: ~, b: ~, c: ~, d: '', e: 'null'}"},
      {"path: data/*.parquet  # a comment\n", "{path: data/*.parquet}"},
      {"rush: count() over 1h / nullif(count() over 24h, 0)\n",
       "{rush: count() over 1h / nullif(count() over 24h, 0)}"},
      {"a: >\n  b\n  c\nd: |\n  e\n  f\n", "{a: 'b c\n', d: 'e\nf\n'}"},
      {"f: {a: 'sum(x, 2)', b: \"g(x, 1)\"}", "{f: {a: 'sum(x, 2)', b: 'g(x, 1)'}}"},
      {"docs: The carrier's delay # that is all\n", "{docs: The carrier's delay}"},
      {"cron: {cron: 0 3 * * *, zone: Europe/Berlin}", "{cron: {cron: 0 3 * * *, zone: Europe/Berlin}}"},
      {"'a b': 1\n\"c\": 2\n", "{a b: 1, c: 2}"},
      {"[x, y: z]", "[x, {y: z}]"},
  };
  for (const auto& test : kCases) EXPECT_EQ(Show(Parse(test.text)), test.shown) << test.text;
}

TEST(ParseYaml, PlacesEveryScalarExactly) {
  const char* const kTexts[] = {
      "a: b\nc:\n  - d\n  - e: f\n",
      "zürich: größe\n\"schlüssel\": 'wért'  # ünd\n日本: [語, '文', {字: \"句\"}]\n",
      "a: b\r\nc:\r\n  - d\r\n  - 'e'\r\nf: {g: h,\r\n  i: j}\r\n",
      "\xEF\xBB\xBF"
      "a: b\nc: 'd'\n",
      "\xEF\xBB\xBF\"a\": b\n",
      "\n\n# lead\n---\n  a: 'b'\n  c: [ 'd' , e ,f ]\n",
      "{a: {b: {c: d}}, e: [[f], ['g']]}",
      "? a\n: b\n? 'c'\n: d\n",
      "a: 'é' \nb: {é: 'ü', ö: x}",
      "a: |\n  line\nb: x",
      "a: >-\n\n    word\nb: 'y'",
      "a: |2\n   indented\n",
  };
  for (const char* text : kTexts) {
    SCOPED_TRACE(text);
    const YamlNode root = Parse(text);
    ASSERT_TRUE(root.IsMap());
    if (std::string_view(text).find('|') == std::string_view::npos &&
        std::string_view(text).find('>') == std::string_view::npos) {
      ExpectScalarsInPlace(root);
    }
  }
  EXPECT_EQ(Underlined(Parse("a: |\n  line\nb: x").Find("a")->position), "line");
  EXPECT_EQ(Underlined(Parse("a: >-\n\n    one\n    two\n").Find("a")->position), "one");
  EXPECT_EQ(Underlined(Parse("a: one\n  two\n").Find("a")->position), "one");
}

TEST(ParseYaml, PlacesContainersAndNulls) {
  const YamlNode root = Parse("a: {x: y}\nb:\n  - p\nc:\nd: ~\nnullable: null\ne:\n  f: g\nh:\nnull_too: 1\n");
  EXPECT_EQ(root.Find("a")->position.offset, 3u);
  EXPECT_EQ(root.Find("b")->position.ToString(), "test.yaml:3:3");
  EXPECT_EQ(Underlined(root.Find("c")->position), "c") << "its key";
  EXPECT_EQ(Underlined(root.Find("d")->position), "~");
  EXPECT_EQ(Underlined(root.Find("nullable")->position), "null");
  EXPECT_EQ(root.Find("e")->position.ToString(), "test.yaml:8:3");
  EXPECT_EQ(Underlined(root.Find("h")->position), "h");
  EXPECT_EQ(root.Find("zzz"), nullptr);
}

TEST(PositionInScalar, SeesThroughQuotesAndFolding) {
  const struct {
    const char *text, *part, *underlined;
  } kCases[] = {
      {"a: avg(delay) over 1h", "delay", "delay"},
      {"a: 'hour(t, ''Europe/Berlin'') + wind'", "wind", "wind"},
      {"a: 'hour(t, ''Europe/Berlin'') + wind'", "'Europe/Berlin'", "''Europe/Berlin''"},
      {"a: \"f(\\\"x\\\", \\u00e9) + wind\"", "wind", "wind"},
      {"a: \"f(\\\"x\\\", \\u00e9) + wind\"", "é", "\\u00e9"},
      {"a: sum(x)\n    over   7d\n", "over", "over"},
      {"a: 'sum(x)\n\n    over 7d'\n", "7d", "7d"},
      {"a: \"sum(x) \\\n    over 7d\"\n", "7d", "7d"},
      {"a: >\n  sum(x)\n  over 7d\n", "7d", "7d"},
      {"a: |\r\n  sum(x)\r\n    over 7d\r\n", "over", "over"},
      {"ä: 'ö + wind'", "wind", "wind"},
  };
  for (const auto& test : kCases) {
    const YamlNode root = Parse(test.text);
    const YamlNode& node = root.entries.front().value;
    const size_t at = node.scalar.find(test.part);
    ASSERT_NE(at, std::string::npos) << test.text;
    EXPECT_EQ(Underlined(PositionInScalar(node, at, std::string_view(test.part).size())), test.underlined) << test.text;
  }
}

TEST(ParseYaml, ReportsEachMistakeAtItsPlace) {
  const struct {
    const char *text, *where, *part;
  } kCases[] = {
      {"a: &x 1\n", "test.yaml:1:4", "anchors"},
      {"a: &x\n  b: c\n", "test.yaml:1:4", "anchors"},
      {"a: *x\n", "test.yaml:1:4", "aliases"},
      {"a: *\n", "test.yaml:1:", ""},
      {"a: !!str 1\n", "test.yaml:1:4", "tags"},
      {"a: !x {b: c}\n", "test.yaml:1:4", "tags"},
      {"a: ! b\n", "test.yaml:1:4", "tags"},
      {"a: ! 'b'\n", "test.yaml:1:4", "tags"},
      {"a:\n  <<: {b: c}\n", "test.yaml:2:3", "merge"},
      {"a: 1\nb: 2\na: 3\n", "test.yaml:3:1", "Key occurs twice: a, on lines 1 and 3."},
      {"{ä: 1, 'ä': 2}", "test.yaml:1:9", "on lines 1 and 1"},
      {"a: 1\n---\nb: 2\n", "test.yaml:2:1", "more than one document"},
      {"? [a]\n: b\n", "test.yaml:1:3", "not a text"},
      {"~: b\n", "test.yaml:1:1", "not a text"},
      {"a: 'b\n", "test.yaml:1:4", "Quotes are not closed."},
      {"a: 'it''s", "test.yaml:1:10", "EOF in scalar"},
      {"a: \"b\\\"\nc: d\n", "test.yaml:", ""},
      {"a: [b", "test.yaml:1:4", "Bracket is not closed."},
      {"a: {b: c\n", "test.yaml:1:4", "Bracket is not closed."},
      {"a: {b: c]\n", "test.yaml:1:9", "not well-formed"},
      {"a: b]\n- c", "test.yaml:2:1", "not well-formed"},
      {"a: [b\nc: d\n", "test.yaml:2:2", "not well-formed"},
      {"a:\n\t- b\n", "test.yaml:2:2", "not well-formed"},
      {"a: b\n c: d\n", "test.yaml:2:3", "not well-formed"},
      {"a: @b\n", "test.yaml:1:4", "not well-formed"},
      {"a: \xff\n", "test.yaml:1:4", "UTF-8"},
      {"a: \x04 b\n", "test.yaml:1:4", "control"},
      {"a: \x1b\n", "test.yaml:1:4", "control"},
      {"\xFF\xFE"
       "a",
       "test.yaml:1:1", "UTF-8"},
  };
  for (const auto& test : kCases) {
    Diagnostics diagnostics;
    ParseYaml(Source(test.text), &diagnostics);
    ASSERT_EQ(diagnostics.errors(), 1u) << test.text << diagnostics.Render(false);
    const std::string where = diagnostics.all()[0].position.ToString();
    EXPECT_TRUE(where.starts_with(test.where)) << test.text << " at " << where;
    EXPECT_NE(diagnostics.all()[0].message.find(test.part), std::string::npos) << diagnostics.Render(false);
  }
}

TEST(ParseYaml, ReturnsWhatCouldBeRead) {
  Diagnostics diagnostics;
  const YamlNode root = ParseYaml(Source("a: 1\nb: {c: d}\na: 2\ne:\n  - f\n  - @\n"), &diagnostics);
  EXPECT_EQ(Show(root), "{a: 1, b: {c: d}, e: [f]}");
  EXPECT_EQ(diagnostics.errors(), 2u);
}

TEST(ParseYaml, KeepsItsLimits) {
  const auto errors = [](std::string text) {
    Diagnostics diagnostics;
    ParseYaml(Source(std::move(text)), &diagnostics);
    return diagnostics.errors();
  };
  EXPECT_EQ(errors(std::string(64, '[') + std::string(64, ']')), 0u);
  EXPECT_EQ(errors(std::string(65, '[') + std::string(65, ']')), 1u);
  EXPECT_EQ(errors(std::string(100'000, '[')), 1u);
  std::string wide = "[";
  for (int i = 0; i < 199'000; ++i) wide += "a,";
  EXPECT_EQ(errors(wide + "]"), 0u);
  for (int i = 0; i < 1'001; ++i) wide += "a,";
  EXPECT_EQ(errors(wide + "]"), 1u);
  EXPECT_EQ(errors("# " + std::string(4u << 20, 'x')), 1u);
}

}  // namespace
}  // namespace plumb::base
