//! A user's profile changes neither what is read nor what is done; where it insists, it is refused at the first contact.

use houseplan::{
    connect::clickhouse::{Client, PINNED, Statement},
    sandbox::{EngineChoice, Users},
};

use crate::support::{
    operator::{DATABASE, Operator},
    sandbox_lease::SandboxLease,
};

/// Users as an operator has them. `limited` and `nullish` are the issue's.
const USERS: &str = "
limited: { settings: { limit: 58, offset: 1 } }
cutting: { settings: { max_result_rows: 58, max_result_bytes: 1, result_overflow_mode: break } }
stingy: { settings: { max_rows_to_read: 3, read_overflow_mode: break } }
nullish: { settings: { aggregate_functions_null_for_empty: 1, join_use_nulls: 1, union_default_mode: DISTINCT, transform_null_in: 1 } }
written:
  settings:
    output_format_json_quote_64bit_integers: 1
    output_format_json_quote_denormals: 0
    output_format_json_named_tuples_as_objects: 0
    output_format_decimal_trailing_zeros: 1
    date_time_output_format: unix_timestamp
    session_timezone: Asia/Novosibirsk
    bool_true_representation: 'yes'
    show_table_uuid_in_table_create_query_if_not_nil: 1
    prefer_column_name_to_alias: 1
    asterisk_include_materialized_columns: 1
    enable_named_columns_in_function_tuple: 1
    max_query_size: 1000
    final: 1
fixed: { settings: { limit: 58 }, constraints: { limit: { fixed: true }, join_use_nulls: { fixed: true } } }
bounded: { settings: { aggregate_functions_null_for_empty: 1 }, constraints: { aggregate_functions_null_for_empty: { min: 1, max: 1 }, max_query_size: { max: 262144 } } }
harmless: { constraints: { join_use_nulls: { fixed: true }, max_query_size: { max: 262144 }, max_ast_elements: { fixed: true } } }
reader1: { readonly: 1 }
reader2: { readonly: 2 }
";

/// Those of them that work like a user without a profile.
const RIGHT: [&str; 5] = ["limited", "cutting", "nullish", "written", "harmless"];

struct Scene {
    sandbox: SandboxLease,
    operator: Operator,
}

impl Scene {
    async fn with(name: &str, engine: &str) -> Self {
        let engine: EngineChoice = engine.parse().expect("versions of the table");
        let users: Users = USERS.parse().expect("users");
        let sandbox = SandboxLease::with_users(name, engine, users).await;
        let operator = Operator::new(&sandbox);
        Self { sandbox, operator }
    }

    /// An environment in which houseplan is this user on all servers.
    fn environment_of(&self, user: &str) -> String {
        let text =
            std::fs::read_to_string(self.sandbox.layout().environment_file()).expect("the sandbox's environment");
        assert!(text.contains("user: \"default\""));
        self.operator.write(&format!("{user}.yaml"), &text.replace("user: \"default\"", &format!("user: {user}")))
    }

    async fn purge(self) {
        (*self.sandbox).clone().purge().await.expect("it can be removed");
    }
}

/// A table of 101 columns, as the issue's, and one whose rows differ when they are read otherwise.
async fn make(sandbox: &SandboxLease) {
    let columns: String = (0..100).map(|at| format!(", c{at:03} Nullable(Decimal(20, 4)) DEFAULT {at} / 8")).collect();
    for statement in [
        format!("CREATE DATABASE {DATABASE}"),
        format!("CREATE TABLE {DATABASE}.wide (id UInt64{columns}) ENGINE = MergeTree ORDER BY id"),
        format!("INSERT INTO {DATABASE}.wide (id) SELECT number FROM numbers(101)"),
        format!(
            "CREATE TABLE {DATABASE}.times (at DateTime64(3), k UInt64, v Tuple(a UInt64, b Bool), m UInt8 MATERIALIZED 1) ENGINE = ReplacingMergeTree ORDER BY k"
        ),
        format!("SYSTEM STOP MERGES {DATABASE}.times"),
        format!(
            "INSERT INTO {DATABASE}.times SELECT toDateTime64('2026-11-26 01:02:03.450', 3, 'UTC') + number, number % 70, (number, true) FROM numbers(70)"
        ),
        format!(
            "INSERT INTO {DATABASE}.times SELECT toDateTime64('2026-11-26 01:02:03.450', 3, 'UTC') + number, number % 70, (number, true) FROM numbers(70)"
        ),
        format!("CREATE TABLE {DATABASE}.empty (k UInt64) ENGINE = MergeTree ORDER BY k"),
    ] {
        sandbox.must("source", &statement).await;
    }
}

/// The tables of a backup's inventory, as it is in the journal.
fn inventory(operator: &Operator) -> String {
    let events = operator.events();
    let found = events.iter().find(|event| event["event"] == "step_succeeded" && event["step"] == "inventory");
    let output = &found.expect("an inventory was taken")["outputs"];
    assert!(output["tables"].as_array().is_some_and(|tables| tables.len() == 3), "{output}");
    output["tables"].to_string()
}

async fn what_a_user_reads(client: &Client) -> String {
    let text =
        "SELECT number, sumIf(toDecimal64(number, 2), number > 900) AS s, (number AS n, nan) AS t, toDateTime(0) AS at
        FROM numbers(200) GROUP BY number ORDER BY number";
    let rows = client.query(&Statement::read(text)).await.unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_string(&rows.0).expect("rows")
}

async fn a_profile_changes_nothing(scene: &Scene) {
    make(&scene.sandbox).await;
    let mut expected: Option<(String, String)> = None;
    for user in ["default"].iter().chain(&RIGHT) {
        let read = what_a_user_reads(&scene.sandbox.client("source", user)).await;
        assert!(read.contains("199"), "{user}: {read}");
        let environment = scene.environment_of(user);
        scene.operator.runs("backup", &environment, &[]).await.with(0);
        let found = (inventory(&scene.operator), read);
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(*expected, found, "{user}"),
        }
    }
}

/// `verify` of the source with itself would be refused; it compares the source and a copy on the cluster.
async fn what_insists_is_refused(scene: &Scene) {
    let refused = async |user: &str| {
        let environment = scene.environment_of(user);
        scene.operator.runs("backup", &environment, &[]).await.with(1)
    };
    let said = refused("fixed").await;
    said.has("houseplan::access::setting_fixed")
        .has("Setting limit should not be changed")
        .has_not("join_use_nulls")
        .has_not("need it");
    refused("bounded")
        .await
        .has("houseplan::access::setting_fixed")
        .has("aggregate_functions_null_for_empty")
        .has_not("max_query_size");
    refused("reader1").await.has("houseplan::access::readonly_user").has("readonly = 2 is needed").has_not("effect:");
    assert_eq!(scene.operator.count("task_started", ""), 0, "nothing was begun");
    // It may read, and says so where it would write.
    let client = scene.sandbox.client("source", "reader2");
    what_a_user_reads(&client).await;
    let error = client.query(&Statement::write("CREATE DATABASE written")).await.unwrap_err();
    assert!(error.has_code(164), "{error}");
}

/// What a statement says itself wins over what is pinned.
async fn a_statements_own_settings_win(scene: &Scene) {
    let client = scene.sandbox.client("source", "limited");
    let count = async |statement: Statement| client.query(&statement).await.expect("rows").0.len();
    assert_eq!(count(Statement::read("SELECT number FROM numbers(100)")).await, 100);
    assert_eq!(count(Statement::read("SELECT number FROM numbers(100)").with_setting("limit", 7)).await, 7);
    assert_eq!(count(Statement::read("SELECT number FROM numbers(100) SETTINGS limit = 9")).await, 9);
    let cut = Statement::read("SELECT number FROM numbers(100)")
        .with_setting("max_result_rows", 5)
        .with_setting("max_block_size", 1);
    assert!(client.query(&cut).await.is_err_and(|error| error.has_code(396)), "a result that is cut off is no result");
    // A limit of the operator's stays one, and is loud.
    let stingy =
        scene.sandbox.client("source", "stingy").query(&Statement::read("SELECT number FROM numbers(100)")).await;
    assert!(stingy.is_err_and(|error| error.has_code(158)));
}

/// Of each pinned setting that the server knows, the value is the one that a statement runs with.
async fn all_that_is_known_is_sent(scene: &Scene) {
    let client = scene.sandbox.client("source", "written");
    let names: Vec<String> = PINNED.iter().map(|pin| format!("'{}'", pin.name)).collect();
    let text = format!("SELECT name, value FROM system.settings WHERE name IN ({})", names.join(", "));
    let rows = client.query(&Statement::read(text)).await.expect("the settings");
    assert!(rows.0.len() > 80, "{}", rows.0.len());
    for row in &rows.0 {
        let (name, value) = (row["name"].as_str().unwrap(), row["value"].as_str().unwrap());
        let pin = PINNED.iter().find(|pin| pin.name == name).unwrap();
        let same = value == pin.value || value.strip_suffix('.') == Some(pin.value);
        assert!(same, "{name} is {value:?} and not {:?}", pin.value);
    }
}

async fn play(name: &str, engine: &str) {
    let scene = Scene::with(name, engine).await;
    a_statements_own_settings_win(&scene).await;
    all_that_is_known_is_sent(&scene).await;
    what_insists_is_refused(&scene).await;
    a_profile_changes_nothing(&scene).await;
    scene.purge().await;
}

#[tokio::test]
async fn a_profile_changes_nothing_on_the_newest() {
    play("profiles-26.9", "source=26.9").await;
}

#[tokio::test]
async fn a_profile_changes_nothing_on_the_oldest() {
    play("profiles-24.8", "24.8").await;
}
