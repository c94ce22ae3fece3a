# Thin calls; each target is one command that can be typed by hand.
MVN = ./mvnw -B -ntp

.PHONY: check fmt test it bench bench-eviction demo dist faults jepsen jepsen-each jepsen-mutants bench-checkers
check:  ; $(MVN) verify
fmt:    ; $(MVN) -q spotless:apply
test:   ; $(MVN) test
it:     ; $(MVN) verify -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false
dist:   ; $(MVN) -q -DskipTests package
demo:   ; ./cairn demo
bench:  ; bench/bench.sh
# Every maxmemory-policy at half of the memory needed, against redis-server: SECONDS_EACH=120 KEYS=100000 RATE=20000.
bench-eviction: ; bench/eviction.sh
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
