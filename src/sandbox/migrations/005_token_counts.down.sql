DROP VIEW IF EXISTS runs_token_counts_mv {{ on_cluster }} SYNC;
DROP TABLE IF EXISTS runs_token_counts {{ on_cluster }} SYNC;
