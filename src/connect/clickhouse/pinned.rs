//! The settings that are sent with every statement, so that a user's profile does not change what comes back.
//!
//! A profile may set anything: `limit` cuts every answer without a word, `aggregate_functions_null_for_empty` gives NULL for 0, `filter`
//! (since 26.7) leaves rows out. All settings of 24.8 (1,091) and of 26.9 (1,857) were gone through; what is here can change, silently,
//! what a statement answers, does or makes. What a statement says itself wins: its `settings:`, and its SETTINGS clause.
//!
//! Not here, on purpose:
//! - limits that fail loudly once the overflow modes below are `throw` (`max_rows_to_read`, `max_execution_time`, `max_memory_usage`,
//!   `max_columns_to_read`, …): they are the operator's, and an error is no wrong answer;
//! - how a statement is carried out (threads, buffers, caches of files and indices, `join_algorithm`, `optimize_*`, `query_plan_*`,
//!   `compile_*`, `enable_analyzer`): the answer is the same;
//! - how long a statement waits (`alter_sync`, `mutations_sync`, `distributed_ddl_task_timeout`): a profile that waits longer is right;
//! - what a plan's own SQL may rely on (`allow_*`, `flatten_nested`, `insert_*`, `date_time_input_format`, the database of the user): the
//!   server refuses what is not allowed, and tables that were made otherwise are compared;
//! - `compatibility`: it only moves defaults, and what is set here is no default any more.

/// One setting, and the value that every statement is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    pub name: &'static str,
    pub value: &'static str,
    /// Whether 24.8 did not have it: whether a server does is asked.
    pub(super) newer: bool,
    /// Whether a profile may forbid it: then something is refused loudly that would else have worked.
    pub(super) may_be_refused: bool,
}

const fn pin(name: &'static str, value: &'static str) -> Pin {
    Pin { name, value, newer: false, may_be_refused: false }
}

const fn newer(name: &'static str, value: &'static str) -> Pin {
    Pin { newer: true, ..pin(name, value) }
}

const fn lifted(name: &'static str, value: &'static str) -> Pin {
    Pin { may_be_refused: true, ..pin(name, value) }
}

/// All of them. Each value is the default of every version from 24.8 to 26.9, where nothing else is said.
pub const PINNED: &[Pin] = &[
    // How an answer is written. Each is what `Rows` reads; the defaults would lose `nan` and `inf` to null.
    pin("output_format_json_quote_denormals", "1"),
    pin("output_format_json_quote_64bit_integers", "0"), // numbers are numbers at any depth, and read exactly
    pin("output_format_json_quote_64bit_floats", "0"),
    pin("output_format_json_quote_decimals", "0"),
    pin("output_format_json_escape_forward_slashes", "1"), // in a text made by toJSONString
    pin("output_format_json_named_tuples_as_objects", "1"),
    pin("output_format_json_skip_null_value_in_named_tuples", "0"), // a NULL would be a field that is not there
    newer("output_format_json_map_as_array_of_tuples", "0"),
    pin("output_format_json_array_of_rows", "0"),
    pin("output_format_json_validate_utf8", "0"),
    pin("output_format_decimal_trailing_zeros", "0"), // also in toString
    newer("output_format_float_precision", "0"),      // rounds
    newer("output_format_always_write_decimal_point_in_float_and_decimal", "0"),
    newer("output_format_trim_fixed_string", "0"),
    pin("bool_true_representation", "true"), // in texts: toString, CAST
    pin("bool_false_representation", "false"),
    pin("date_time_output_format", "simple"),
    newer("date_time_64_output_format_cut_trailing_zeros_align_to_groups_of_thousands", "0"),
    pin("interval_output_format", "numeric"),
    pin("session_timezone", ""),         // the server's: a time reads as another one else
    pin("print_pretty_type_names", "1"), // line breaks in toTypeName, and in what is hashed with types
    pin("http_write_exception_in_output_format", "0"), // an exception would look like rows
    pin("extremes", "0"),                // two more rows
    newer("format", ""),                 // each of these wins over what the statement says
    newer("input_format", ""),
    newer("output_format", ""),
    newer("framing_output_format", "None"),
    newer("compression", ""),
    // What is left out of an answer, or cut off it.
    pin("limit", "0"),
    pin("offset", "0"),
    newer("page", "0"),
    newer("select", ""),
    newer("filter", ""),
    newer("order", ""),
    newer("sort", ""),
    lifted("max_result_rows", "0"), // loud with `throw`; a catalogue of 5,200 columns is an answer too
    lifted("max_result_bytes", "0"),
    pin("result_overflow_mode", "throw"), // `break` cuts
    pin("read_overflow_mode", "throw"),
    pin("read_overflow_mode_leaf", "throw"),
    pin("group_by_overflow_mode", "throw"), // `any` leaves keys out
    pin("sort_overflow_mode", "throw"),
    pin("distinct_overflow_mode", "throw"),
    pin("join_overflow_mode", "throw"),
    pin("set_overflow_mode", "throw"),
    pin("transfer_overflow_mode", "throw"),
    pin("timeout_overflow_mode", "throw"),
    pin("timeout_overflow_mode_leaf", "throw"),
    pin("partial_result_on_first_cancel", "0"),
    pin("additional_table_filters", "{}"),
    pin("additional_result_filter", ""),
    pin("final", "0"), // merges on reading: not what is stored
    pin("do_not_merge_across_partitions_select_final", "0"),
    pin("apply_deleted_mask", "1"), // 0 shows deleted rows
    newer("apply_patch_parts", "1"),
    pin("apply_mutations_on_fly", "0"),
    pin("skip_unavailable_shards", "0"), // a shard that is down has no rows
    pin("parallel_replicas_count", "0"), // with SAMPLE BY: a share of the rows
    pin("parallel_replica_offset", "0"),
    pin("allow_experimental_parallel_reading_from_replicas", "0"), // one server is meant, and not its replicas
    pin("optimize_skip_unused_shards", "0"),
    pin("optimize_trivial_approximate_count_query", "0"), // count() would be near to it
    pin("use_query_cache", "0"),                          // an answer of an hour ago
    newer("query_cache_for_subqueries", "0"),
    newer("inject_random_order_for_select_without_order_by", "0"),
    // What the words of a statement mean.
    pin("dialect", "clickhouse"),
    pin("aggregate_functions_null_for_empty", "0"),
    pin("empty_result_for_aggregation_by_empty_set", "0"),
    pin("empty_result_for_aggregation_by_constant_keys_on_empty_set", "1"),
    pin("group_by_use_nulls", "0"),
    pin("join_use_nulls", "0"),
    pin("join_default_strictness", "ALL"),
    pin("join_any_take_last_row", "0"),
    pin("any_join_distinct_right_table_keys", "0"),
    pin("union_default_mode", ""),
    pin("intersect_default_mode", "ALL"),
    pin("except_default_mode", "ALL"),
    pin("transform_null_in", "0"),
    pin("distributed_group_by_no_merge", "0"),
    pin("count_distinct_implementation", "uniqExact"), // the others are near to it
    pin("decimal_check_overflow", "1"),                // 0: a wrong sum and no error
    pin("cast_keep_nullable", "0"),
    pin("cast_ipv4_ipv6_default_on_conversion_error", "0"),
    pin("date_time_overflow_behavior", "ignore"),
    pin("enable_extended_results_for_datetime_functions", "0"),
    pin("enable_named_columns_in_function_tuple", "0"), // a tuple would be an object
    pin("enable_positional_arguments", "1"),
    pin("prefer_column_name_to_alias", "0"),
    pin("asterisk_include_alias_columns", "0"),
    pin("asterisk_include_materialized_columns", "0"),
    newer("asterisk_include_virtual_columns", "0"),
    // How definitions are shown: they are compared as texts.
    pin("show_table_uuid_in_table_create_query_if_not_nil", "0"),
    newer("show_create_query_identifier_quoting_rule", "when_necessary"),
    newer("show_create_query_identifier_quoting_style", "Backticks"),
    pin("format_display_secrets_in_show_and_select", "0"),
    // What is done, or not done, without a word.
    pin("restore_replace_external_engines_to_null", "0"),
    pin("restore_replace_external_table_functions_to_null", "0"),
    newer("restore_replace_external_dictionary_source_to_null", "0"),
    pin("data_type_default_nullable", "0"),
    newer("create_if_not_exists", "0"), // CREATE of what is there would succeed
    pin("ignore_drop_queries_probability", "0"),
    pin("materialized_views_ignore_errors", "0"), // an INSERT would succeed that a view has lost
    pin("input_format_allow_errors_num", "0"),    // rows that are not understood would be left out
    pin("input_format_allow_errors_ratio", "0"),
    pin("wait_for_async_insert", "1"), // an INSERT would succeed before it is one
    pin("distributed_ddl_output_mode", "throw"), // ON CLUSTER would succeed where a host has failed
    // What a long statement is refused for: that of a table with 5,200 columns has a megabyte. Not 0: the parser takes that for no
    // limit, but the server then parses only what has come over the connection so far, and a statement that is cut off there may be
    // another one.
    lifted("max_query_size", "1073741824"),
    lifted("max_ast_elements", "0"),
    lifted("max_expanded_ast_elements", "10000000"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_is_named_once() {
        let names: BTreeSet<&str> = PINNED.iter().map(|pin| pin.name).collect();
        assert_eq!(names.len(), PINNED.len());
    }

    /// No sandbox shows it: an engine that is a library is handed the statement whole.
    #[test]
    fn a_statement_is_read_whole_before_it_is_parsed() {
        let size = PINNED.iter().find(|pin| pin.name == "max_query_size").expect("it is pinned");
        assert!(size.value.parse::<u64>().is_ok_and(|bytes| bytes >= 1 << 30), "{}", size.value);
    }
}
