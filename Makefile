# Two commands are enough: `make demo` runs the real move on a sandbox, `make test` passes the tests.
# Both install what they need first, and say so.

HOUSEPLAN = target/release/houseplan
DEMO ?= $(CURDIR)/target/demo
ROWS ?= 1000000
export HOUSEPLAN_STATE_DIR ?= $(DEMO)/runs

.PHONY: demo demo-kubernetes test test-versions test-kubernetes kubernetes-down bench setup generated

# The whole story: a local cluster of the real ClickHouse engine, data, and the move of them.
demo: setup
	cargo build --release --locked
	$(HOUSEPLAN) sandbox up --dir $(DEMO)/sandbox --replicas 2
	@trap '$(HOUSEPLAN) sandbox down --dir $(DEMO)/sandbox --purge' EXIT; set -e; \
	$(HOUSEPLAN) sandbox load --dir $(DEMO)/sandbox --rows $(ROWS); \
	$(HOUSEPLAN) run standalone-to-replicated --env $(DEMO)/sandbox/environment.yaml --set database=langsmith
	@echo "The sandbox is stopped and gone; the run's records are kept: HOUSEPLAN_STATE_DIR=$(HOUSEPLAN_STATE_DIR) $(HOUSEPLAN) status"

# The same move on a genuine Kubernetes, which is built and run here; as root. The cluster stays up, to be looked at.
demo-kubernetes:
	.ci/setup kubernetes
	cargo build --release --locked
	HOUSEPLAN=$(HOUSEPLAN) tests/kubernetes/demo

kubernetes-down:
	tests/kubernetes/bed/down

test: setup
	tests/run

# The shipped plans on every ClickHouse that operators run; LINES="24.8 25.8-26.9" chooses some.
test-versions: setup
	tests/versions $(LINES)

# The tests on Kubernetes: on one that is built and run here, as root; or on the cluster of HOUSEPLAN_TEST_KUBECONFIG.
test-kubernetes:
	tests/kubernetes/run

bench: setup
	cargo bench --locked --bench cost

# Writes what is generated from the sources; the tests fail where it is not up to date.
generated:
	UPDATE_SCHEMAS=1 cargo test --locked --test it documents::schemas

setup:
	@.ci/setup
