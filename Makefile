# Thin calls; each target is one command that can be typed by hand.
MVN = ./mvnw -B -ntp

.PHONY: redis-suite check fmt test it bench bench-eviction differential agree demo dist faults jepsen jepsen-each jepsen-mutants bench-checkers bench-types bench-stalls
check:  ; $(MVN) verify
fmt:    ; $(MVN) -q spotless:apply
test:   ; $(MVN) test
it:     ; $(MVN) verify -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false
dist:   ; $(MVN) -q -DskipTests package
demo:   ; ./cairn demo
bench:  ; bench/bench.sh
# Every maxmemory-policy at half of the memory needed, against redis-server: SECONDS_EACH=120 KEYS=100000 RATE=20000.
bench-eviction: ; bench/eviction.sh
ONLY_IT = -pl jepsen,resp-server -am -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false
# COMMANDS random commands of all types, four times (handlers and a server, RESP2 and RESP3), against redis-server.
differential:
	$(MVN) -Pfast verify $(ONLY_IT) -Dit.test=RedisDifferentialIT -Dcairn.differential.commands=$(or $(COMMANDS),250000) -Dcairn.differential.seed=$(or $(SEED),1)
# CALLS random calls of all types on three replicas, with kills, a restart and a snapshot; their digests must be equal.
agree:
	$(MVN) -Pfast verify $(ONLY_IT) -Dit.test=ReplicasAgreeIT -Dcairn.agree.calls=$(or $(CALLS),100000) -Dcairn.agree.seed=$(or $(SEED),1)
# Commands that are O(1) or O(log n) in Redis, on keys of 1e3 to 1e6 elements, beside redis-server; fails when one grows much more than there.
bench-types: ; bench/types.sh
# The long form of jepsen's StallsIT: 10 million fields, 100 MB, 5 s, 5 million keys (SIZES=brief for less; 6 GB of memory; or SIZES=FIELDS,BYTES,SECONDS,KEYS).
bench-stalls: dist
	java -cp jepsen/target/classes io.cairn.jepsen.stall.Main $(or $(SIZES),full) $(or $(PORT),21600)
# The long form of jepsen's FaultsIT: rounds of every fault, then kills for the median gap.
faults: dist
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --rounds $(or $(ROUNDS),3) --seed $(or $(SEED),1)
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --only kills --rounds $(or $(KILLS),30) --seed $(or $(SEED),1)
# make jepsen WORKLOAD=append FAULTS=isolate,kill-leader SECONDS=120 SEED=7; all of them when left out.
jepsen:
	jepsen/cairn-jepsen run --workload $(or $(WORKLOAD),all) --faults $(or $(FAULTS),mix) --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) $(JEPSEN_OPTIONS)
# Each fault alone, INJECTIONS times, one run for each kind; verdicts into jepsen/results.
jepsen-each:
	jepsen/each.sh $(or $(INJECTIONS),10) $(or $(SEED),1) $(FAULTS)
# Plants each known bug in turn and must see it, then must see nothing in the real build.
jepsen-mutants: dist
	jepsen/cairn-jepsen mutants $(MUTANTS)
# How long the checkers take: 100,000 list-append transactions, 20,000 register operations on 4 keys.
bench-checkers:
	$(MVN) -q -Pfast -DskipTests -DskipITs -pl jepsen package
	java -Xmx1g -cp "jepsen/target/classes:jepsen/target/test-classes:jepsen/target/lib/*" io.cairn.jepsen.check.CheckerBench
# Redis's own tests: make redis-suite MODE=standalone|cluster|raft FILES="zset list"; all files when left out.
redis-suite:
	MODE=$(or $(MODE),standalone) FILES="$(FILES)" OPTIONS="$(OPTIONS)" jepsen/redis-suite.sh
