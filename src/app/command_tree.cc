#include "app/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "app/exit_code.h"
#include "app/verbs.h"
#include "base/diagnostics.h"

namespace plumb::app {
namespace {

using base::Result;
using base::Status;

constexpr const char* kDescription =
    "plumb: one definition of a feature for training, serving and audit.\n"
    "Describe data, features, models and deployments in YAML; plumb computes them as they were known at each time.";

}  // namespace

class CommandTree::Parser {
 public:
  Parser() : app_(kDescription, "plumb") {
    app_.set_version_flag("--version", std::string("plumb ") + PLUMB_VERSION, "Print the version and end");
    app_.fallthrough();
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(34);
    app_.get_formatter()->label("SUBCOMMAND", "VERB");
    app_.get_formatter()->label("Subcommands", "Verbs");
    app_.get_formatter()->label("Positionals", "Arguments");
    app_.get_formatter()->label("REQUIRED", "(required)");
    app_.footer(std::string("`plumb VERB --help` describes a verb, with an example.\n\n") + ExitCodeHelp());
    AddGlobals();
    AddProjectVerbs();
    AddModelVerbs();
    AddServingVerbs();
    AddFeatureVerbs();
  }

  Result<Parsed> Parse(const std::vector<std::string>& arguments) {
    PLUMB_RETURN_IF_ERROR(CheckWords(arguments));
    Parsed parsed;
    try {
      std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
      app_.parse(reversed);
    } catch (const CLI::Success& success) {
      std::ostringstream out, err;
      app_.exit(success, out, err);
      parsed.text = out.str();
      return parsed;
    } catch (const CLI::ParseError& error) {
      const std::string verb = app_.get_subcommands().empty() ? "" : " " + app_.get_subcommands().front()->get_name();
      return base::InvalidArgument("{}.", error.what()).WithSuggestion("See plumb" + verb + " --help.");
    }
    parsed.globals = globals_;
    parsed.run = run_;
    parsed.watches_signals = watches_signals_;
    return parsed;
  }

 private:
  // A verb with its example. The callback of an inner verb comes before that of the outer one and has precedence.
  CLI::App* Add(CLI::App* parent, const char* name, const char* what, const char* example, VerbRun run) {
    CLI::App* verb = parent->add_subcommand(name, what);
    verb->footer(std::string("Example:\n  ") + example + "\n");
    verb->callback([this, run = std::move(run)] {
      if (!run_) run_ = run;
    });
    return verb;
  }

  void AddGlobals() {
    app_.add_option("--project", globals_.project, "Directory of the project [the nearest parent that has one]")
        ->type_name("DIR");
    app_.add_option("--state", globals_.state, "Directory of lake, registry and logs [PROJECT/.plumb]")
        ->type_name("DIR");
    app_.add_option("--env", globals_.environment_name, "Apply env/NAME.yaml over plumb.yaml")->type_name("NAME");
    app_.add_flag("--json", globals_.terminal.json, "Print one JSON document");
    app_.add_flag("--quiet,-q", globals_.terminal.quiet, "Print results and errors only");
    const std::map<std::string, ColourMode> colours = {
        {"auto", ColourMode::kAuto}, {"always", ColourMode::kAlways}, {"never", ColourMode::kNever}};
    app_.add_option("--color", globals_.terminal.colour, "When to use colour: auto, always, never [auto]")
        ->type_name("WHEN")
        ->transform(CLI::CheckedTransformer(colours).description(""));
  }

  void AddProjectVerbs() {
    CLI::App* init = Add(&app_, "init", "Write a first project.yaml, from a table or as an example",
                         "plumb init --from data/flights.parquet", [this](Invocation& i) { return RunInit(i, init_); });
    init->add_option("DIR", init_.directory, "Where to write it [.]")->type_name("");
    init->add_option("--from", init_.from, "Infer columns and propose times and entity from a Parquet or CSV file")
        ->type_name("FILE");

    CLI::App* check = Add(&app_, "check", "Check the whole project and say everything that is wrong",
                          "plumb check --locked", [this](Invocation& i) { return RunCheck(i, check_); });
    check->add_flag("--locked", check_.locked, "Fail unless plumb.lock says what the project says");
    AddLockVerbs();

    CLI::App* ingest = Add(&app_, "ingest", "Load the files of sources into the lake; unchanged ones are not read",
                           "plumb ingest flights", [this](Invocation& i) { return RunIngest(i, ingest_); });
    ingest->add_option("SOURCE", ingest_.sources, "Sources [all that have files]")->type_name("");
    ingest->add_flag("--force", ingest_.force, "Load again what did not change");
    ingest->add_flag("--set-reference", ingest_.set_reference, "Let drift checks compare with this data from now on");
    AddQuarantineVerbs();

    CLI::App* test = Add(&app_, "test", "Run feature tests: small tables of events and expected values",
                         "plumb test tests/delays.test", [this](Invocation& i) { return RunTest(i, test_files_); });
    test->add_option("FILE", test_files_, "Files or patterns [every *.test of the project]")->type_name("");
  }

  void AddLockVerbs() {
    CLI::App* plan = Add(&app_, "plan", "Show what apply would change: versions of views, features of models, cost",
                         "plumb plan", [this](Invocation& i) { return RunPlan(i, plan_); });
    plan->add_flag("--exit-code", plan_.exit_code, "End with code 1 when something would change");

    CLI::App* apply = Add(&app_, "apply", "Try the new features and write plumb.lock", "plumb apply",
                          [this](Invocation& i) { return RunApply(i, apply_); });
    apply->add_flag("--force", apply_.force, "Also when a removed view is used by a deployed model");
  }

  void AddQuarantineVerbs() {
    CLI::App* quarantine =
        Add(&app_, "quarantine", "Rows that ingest refused: list, show, let in",
            "plumb quarantine show flights --limit 5", [this](Invocation& i) { return RunQuarantineList(i, name_); });
    quarantine->require_subcommand(0, 1);
    CLI::App* list = Add(quarantine, "list", "How many rows are held, and why", "plumb quarantine list flights",
                         [this](Invocation& i) { return RunQuarantineList(i, name_); });
    list->add_option("SOURCE", name_, "Source [all]")->type_name("");
    CLI::App* show = Add(quarantine, "show", "The rows of a source with where they are from",
                         "plumb quarantine show flights --reason check",
                         [this](Invocation& i) { return RunQuarantineShow(i, quarantine_show_); });
    show->add_option("SOURCE", quarantine_show_.source, "Source")->required()->type_name("");
    show->add_option("--limit", quarantine_show_.limit, "Rows to show [20]")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
    show->add_option("--reason", quarantine_show_.reason, "Only rows held for it: check, conflict, no_event_time, …")
        ->type_name("R");
    CLI::App* replay = Add(quarantine, "replay", "Ask the rows again: what passes now is an event, known from now on",
                           "plumb quarantine replay flights --where 5f6c0d63a2b1c489",
                           [this](Invocation& i) { return RunQuarantineReplay(i, quarantine_replay_); });
    replay->add_option("SOURCE", quarantine_replay_.source, "Source")->required()->type_name("");
    replay->add_option("--where", quarantine_replay_.ids, "Ids of the rows, separated by commas [all]")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->type_name("ID");
  }

  void AddModelVerbs() {
    CLI::App* dataset =
        Add(&app_, "dataset", "Write a model's training set, every row as it was known at its time",
            "plumb dataset late_arrival -o train.parquet", [this](Invocation& i) { return RunDataset(i, dataset_); });
    dataset->add_option("MODEL", dataset_.model, "Model")->required()->type_name("");
    dataset->add_option("--output,-o", dataset_.output, "File to write: .parquet or .csv")
        ->required()
        ->type_name("FILE");

    CLI::App* train = Add(&app_, "train", "Train and judge a model; registers a version",
                          "plumb train late_arrival --champion", [this](Invocation& i) { return RunTrain(i, train_); });
    train->add_option("MODEL", train_.model, "Model")->required()->type_name("");
    train
        ->add_option("--features", train_.features,
                     "Use only these of the model's features; patterns such as planned.*, separated by commas")
        ->delimiter(',')
        ->expected(1)
        ->take_all()
        ->type_name("PATTERN");
    train->add_flag("--champion", train_.champion, "Move the alias champion to the new version");

    AddVersionVerbs();

    CLI::App* models = Add(&app_, "models", "List models; show versions and runs; move aliases",
                           "plumb models show late_arrival@champion", RunModelsList);
    models->require_subcommand(0, 1);
    Add(models, "list", "Models with their newest, champion and deployed versions", "plumb models list", RunModelsList);
    CLI::App* show = Add(models, "show", "A version: figures, features, data", "plumb models show late_arrival@v2",
                         [this](Invocation& i) { return RunModelsShow(i, reference_); });
    show->add_option("REF", reference_, "MODEL, MODEL@vN or MODEL@ALIAS")->required()->type_name("");
    CLI::App* alias =
        Add(models, "alias", "Let an alias stand for a version", "plumb models alias late_arrival champion v2",
            [this](Invocation& i) { return RunModelsAlias(i, alias_); });
    alias->add_option("MODEL", alias_.model, "Model")->required()->type_name("");
    alias->add_option("ALIAS", alias_.alias, "Alias, such as champion")->required()->type_name("");
    alias->add_option("VERSION", alias_.version, "vN or another alias")->required()->type_name("");
    CLI::App* runs = Add(models, "runs", "Training runs of a model, also failed ones", "plumb models runs late_arrival",
                         [this](Invocation& i) { return RunModelsRuns(i, name_); });
    runs->add_option("MODEL", name_, "Model")->required()->type_name("");
  }

  void AddVersionVerbs() {
    CLI::App* gate = Add(&app_, "gate", "Judge a version against the champion and the best past version",
                         "plumb gate late_arrival@v4 --promote", [this](Invocation& i) { return RunGate(i, gate_); });
    gate->add_option("REF", gate_.reference, "MODEL@vN, MODEL@ALIAS or MODEL (its challenger)")
        ->required()
        ->type_name("");
    gate->add_flag("--promote", gate_.promote, "Move the alias when the gate is passed");

    CLI::App* reproduce =
        Add(&app_, "reproduce", "Train a version again; say whether the bytes are the same, or what differs",
            "plumb reproduce late_arrival@v4", [this](Invocation& i) { return RunReproduce(i, reference_); });
    reproduce->add_option("REF", reference_, "MODEL@vN, MODEL@ALIAS or MODEL (its champion)")
        ->required()
        ->type_name("");

    CLI::App* diff = Add(&app_, "diff", "Compare two versions: data, features, parameters, metrics, predictions",
                         "plumb diff late_arrival@v3 v4", [this](Invocation& i) { return RunDiff(i, diff_); });
    diff->add_option("A", diff_.first, "MODEL@vN, MODEL@ALIAS or MODEL (its champion)")->required()->type_name("");
    diff->add_option("B", diff_.second, "The same, or vN or an alias of A's model")->required()->type_name("");
  }

  void AddServingVerbs() {
    CLI::App* deploy =
        Add(&app_, "deploy", "Make a version the one that a deployment serves; servers follow at once",
            "plumb deploy late_arrival --version v3", [this](Invocation& i) { return RunDeploy(i, deploy_); });
    deploy->add_option("DEPLOYMENT", deploy_.deployment, "Deployment")->required()->type_name("");
    deploy->add_option("--version", deploy_.version, "Version or alias [what the project says]")->type_name("REF");

    CLI::App* rollback = Add(&app_, "rollback", "Back to the version deployed before", "plumb rollback late_arrival",
                             [this](Invocation& i) { return RunRollback(i, name_); });
    rollback->add_option("DEPLOYMENT", name_, "Deployment")->required()->type_name("");

    CLI::App* serve = Add(&app_, "serve", "Answer predictions over HTTP until interrupted", "plumb serve --port 8080",
                          [this](Invocation& i) { return RunServe(i, serve_); });
    serve->add_option("--port", serve_.port, "Port; 0 is a free one [8080]")
        ->type_name("P")
        ->check(CLI::Range(0, 65535).description(""));
    serve->add_option("--socket", serve_.socket, "Listen on a Unix socket too")->type_name("PATH");
    serve
        ->add_option("--definitions", serve_.definitions,
                     "Compute features by the version's own definitions or, as a preview, by the project's: version, "
                     "project [version]")
        ->type_name("WHICH")
        ->check(CLI::IsMember({"version", "project"}).description(""));
    serve->callback([this] {
      run_ = [this](Invocation& i) { return RunServe(i, serve_); };
      watches_signals_ = true;
    });
    AddPredictVerbs();
  }

  void AddPredictVerbs() {
    CLI::App* predict = Add(&app_, "predict", "Score rows, in this process or by a server",
                            "plumb predict late_arrival --rows rows.json --as-of 2013-11-05T10:00:00Z",
                            [this](Invocation& i) { return RunPredict(i, predict_); });
    predict->add_option("DEPLOYMENT", predict_.deployment, "Deployment")->required()->type_name("");
    predict
        ->add_option("--rows", predict_.rows, "JSON: a list of rows, one row, or a whole request; - is standard input")
        ->required()
        ->type_name("FILE");
    predict->add_option("--as-of", predict_.as_of, "Ask as of another time [now]")->type_name("T");
    predict->add_option("--url", predict_.url, "Ask the server there")->type_name("URL");
    predict->add_flag("--features", predict_.features, "Show the features too");

    CLI::App* replay = Add(&app_, "replay", "Send a model's examples to a server, each as of its own time, and time it",
                           "plumb replay late_arrival --url http://127.0.0.1:8080 --count 1000",
                           [this](Invocation& i) { return RunReplay(i, replay_); });
    replay->add_option("DEPLOYMENT", replay_.deployment, "Deployment")->required()->type_name("");
    replay->add_option("--url", replay_.url, "Where the server is")->required()->type_name("URL");
    replay->add_option("--model", replay_.model, "Model with the examples [the deployment's]")->type_name("MODEL");
    replay->add_option("--count", replay_.count, "Requests [1000]")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
    replay->add_option("--part", replay_.part, "Part of the dataset: train, validate, test [test]")->type_name("PART");
    replay->add_option("--seed", replay_.seed, "Which examples are chosen [1]")->type_name("S");

    CLI::App* audit =
        Add(&app_, "audit", "Recompute served predictions from the lake and compare every value",
            "plumb audit late_arrival --sample 1000", [this](Invocation& i) { return RunAudit(i, audit_); });
    audit->add_option("DEPLOYMENT", audit_.deployment, "Deployment [all]")->type_name("");
    audit->add_option("--sample", audit_.sample, "Requests to compare, spread evenly [all]")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
    audit->add_flag("--newest", audit_.newest,
                    "Recompute from the newest data instead of the data that was served from");
  }

  void AddQuestion(CLI::App* verb, const char* name, const char* what, AskOptions* options) {
    verb->add_option(name, options->what, what)->required()->type_name("");
    verb->add_option("key", options->keys, "Entity keys and request fields; key=null is null")->type_name("KEY=VALUE");
    verb->add_option("--at", options->at, "The time to ask at [now]")->type_name("T");
  }

  void AddFeatureVerbs() {
    CLI::App* features =
        Add(&app_, "features", "List, show or compute features",
            "plumb features get 'carrier_delays.*' carrier=UA --at 2013-11-05T10:00:00Z", RunFeaturesList);
    features->require_subcommand(0, 1);
    Add(features, "list", "Every feature with type and expression", "plumb features list", RunFeaturesList);
    CLI::App* show = Add(features, "show", "What a feature means", "plumb features show carrier_delays.delay_avg_24h",
                         [this](Invocation& i) { return RunFeaturesShow(i, name_); });
    show->add_option("FEATURE", name_, "VIEW.FEATURE or VIEW.*")->required()->type_name("");
    CLI::App* get = Add(features, "get", "What features are worth at a time",
                        "plumb features get 'carrier_delays.*' carrier=UA --at 2013-11-05T10:00:00Z",
                        [this](Invocation& i) { return RunFeaturesGet(i, ask_); });
    AddQuestion(get, "PATTERN", "VIEW.FEATURE or VIEW.*", &ask_);

    CLI::App* query = Add(&app_, "query", "Compute an expression that is not in the project",
                          "plumb query 'count() over 2h of carrier from flights' carrier=UA --at 2013-11-05T10:00:00Z",
                          [this](Invocation& i) { return RunQuery(i, ask_); });
    AddQuestion(query, "QUERY", "EXPRESSION [of ENTITY] from SOURCE", &ask_);

    CLI::App* why = Add(&app_, "why", "Which events made a value, and which were left out and why",
                        "plumb why carrier_delays.delay_avg_24h carrier=UA --at 2013-11-05T10:00:00Z",
                        [this](Invocation& i) { return RunWhy(i, why_); });
    AddQuestion(why, "FEATURE", "VIEW.FEATURE, or EXPRESSION [of ENTITY] from SOURCE", &why_.ask);
    why->add_flag("--all", why_.all, "Show every event, not only 20");
  }

  // Words that the parser would refuse without saying what was meant: a verb, an option.
  Status CheckWords(const std::vector<std::string>& arguments) const {
    const CLI::App* verb = &app_;
    std::vector<const CLI::App*> path = {verb};
    bool is_value = false;
    for (const std::string& word : arguments) {
      if (std::exchange(is_value, false)) continue;
      if (word == "--") break;
      if (word.size() > 1 && word.front() == '-') {
        const CLI::Option* option = FindOption(path, word);
        if (option == nullptr) return UnknownOption(path, word);
        is_value = option->get_items_expected_max() > 0 && word.find('=') == std::string::npos;
        continue;
      }
      if (verb->get_subcommands([](const CLI::App*) { return true; }).empty()) continue;
      const CLI::App* inner = FindVerb(*verb, word);
      if (inner == nullptr) return UnknownVerb(*verb, word);
      verb = inner;
      path.push_back(verb);
    }
    if (path.size() == 1 && FindFlag(arguments, "--help") == nullptr && FindFlag(arguments, "-h") == nullptr &&
        FindFlag(arguments, "--version") == nullptr) {
      return base::InvalidArgument("Say what to do: plumb VERB.").WithSuggestion("plumb --help lists the verbs.");
    }
    return {};
  }

  static const CLI::App* FindVerb(const CLI::App& outer, const std::string& name) {
    const std::vector<const CLI::App*> found =
        outer.get_subcommands([&](const CLI::App* inner) { return inner->get_name() == name; });
    return found.empty() ? nullptr : found.front();
  }

  static const std::string* FindFlag(const std::vector<std::string>& arguments, const char* flag) {
    const auto found = std::find(arguments.begin(), arguments.end(), flag);
    return found == arguments.end() ? nullptr : &*found;
  }

  static const CLI::Option* FindOption(const std::vector<const CLI::App*>& path, const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    for (auto verb = path.rbegin(); verb != path.rend(); ++verb) {
      if (const CLI::Option* option = (*verb)->get_option_no_throw(name)) return option;
    }
    return nullptr;
  }

  static Status UnknownOption(const std::vector<const CLI::App*>& path, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* verb : path) {
      for (const CLI::Option* option : verb->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      }
    }
    const std::string name = word.substr(0, word.find('='));
    const std::string meant = base::DidYouMean(name, names);
    std::string help = "See plumb";
    for (size_t i = 1; i < path.size(); i++) help += " " + path[i]->get_name();
    return base::InvalidArgument("Option is not known: {}.", name)
        .WithSuggestion(meant.empty() ? help + " --help." : meant);
  }

  static Status UnknownVerb(const CLI::App& verb, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* inner : verb.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(inner->get_name());
    }
    const std::string meant = base::DidYouMean(word, names);
    return base::InvalidArgument("Verb is not known: {}.", word)
        .WithSuggestion(meant.empty() ? "plumb --help lists the verbs." : meant);
  }

  CLI::App app_;
  GlobalOptions globals_;
  VerbRun run_;
  bool watches_signals_ = false;

  InitOptions init_;
  CheckOptions check_;
  PlanOptions plan_;
  ApplyOptions apply_;
  IngestVerbOptions ingest_;
  QuarantineShowOptions quarantine_show_;
  QuarantineReplayOptions quarantine_replay_;
  DatasetVerbOptions dataset_;
  TrainVerbOptions train_;
  GateVerbOptions gate_;
  DiffVerbOptions diff_;
  DeployOptions deploy_;
  ServeOptions serve_;
  PredictVerbOptions predict_;
  AskOptions ask_;
  WhyOptions why_;
  AuditVerbOptions audit_;
  AliasOptions alias_;
  ReplayOptions replay_;
  std::vector<std::string> test_files_;
  std::string reference_, name_;
};

CommandTree::CommandTree() : parser_(std::make_unique<Parser>()) {}
CommandTree::~CommandTree() = default;

base::Result<CommandTree::Parsed> CommandTree::Parse(const std::vector<std::string>& arguments) {
  return parser_->Parse(arguments);
}

}  // namespace plumb::app
