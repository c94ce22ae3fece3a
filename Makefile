# Thin calls; each target is one command that can be typed by hand.
MVN = ./mvnw -B -ntp

.PHONY: check fmt test it bench demo dist faults
check:  ; $(MVN) verify
fmt:    ; $(MVN) -q spotless:apply
test:   ; $(MVN) test
it:     ; $(MVN) verify -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false
dist:   ; $(MVN) -q -DskipTests package
demo:   ; ./cairn demo
bench:  ; bench/bench.sh
# The long form of jepsen's FaultsIT: rounds of every fault, then kills for the median gap.
faults: dist
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --rounds $(or $(ROUNDS),3) --seed $(or $(SEED),1)
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --only kills --rounds $(or $(KILLS),30) --seed $(or $(SEED),1)
