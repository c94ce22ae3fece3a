# Thin calls; each target is one command that can be typed by hand.
MVN = ./mvnw -B -ntp

.PHONY: it-long coverage machines redis-suite check fmt test it bench bench-eviction differential agree demo dist faults jepsen jepsen-each jepsen-mutants bench-checkers bench-types bench-stalls bench-migration redis-cli-flows upgrade scale stock-clients hand-over bench-modes rollout bench-reshard bench-failover claims-sim replicate models
check:  ; $(MVN) verify
fmt:    ; $(MVN) -q spotless:apply
test:   ; $(MVN) test
# Which lines the tests reach: */target/site/jacoco/index.html.
coverage: ; $(MVN) -Pcoverage verify
# Before ITs run, the summaries of an earlier run go: Failsafe counts one that failed again in a module where nothing runs.
FORGET = rm -f */target/failsafe-reports/failsafe-summary.xml
it:     ; $(FORGET); $(MVN) verify -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false
# The ITs that verify leaves out (@Tag("long")).
it-long: ; $(FORGET); $(MVN) verify -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dgroups=long -Dit.excluded=none -Dit.forks=1
dist:   ; $(MVN) -q -DskipTests package
demo:   ; ./cairn demo
bench:  ; bench/bench.sh
# What the raft modules cost gossip mode, the default of a cluster: the distribution beside one without them; ROUNDS=5 REQUESTS=150000.
bench-modes: ; bench/modes.sh
# Every maxmemory-policy at half of the memory needed, against redis-server: SECONDS_EACH=120 KEYS=100000 RATE=20000.
bench-eviction: ; bench/eviction.sh
ONLY_IT = $(FORGET); $(MVN) -Pfast verify -Dit.excluded=none -pl jepsen,resp-server -am -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false
# COMMANDS random commands of all types, four times (handlers and a server, RESP2 and RESP3), against redis-server.
differential:
	$(ONLY_IT) -Dit.test=RedisDifferentialIT -Dcairn.differential.commands=$(or $(COMMANDS),250000) -Dcairn.differential.seed=$(or $(SEED),1)
# CALLS random calls of all types on three replicas, with kills, a restart and a snapshot; their digests must be equal.
agree:
	$(ONLY_IT) -Dit.test=ReplicasAgreeIT -Dcairn.agree.calls=$(or $(CALLS),100000) -Dcairn.agree.seed=$(or $(SEED),1)
# Every flow of redis-cli --cluster against eight empty nodes, 1,000 slots and more, with traffic through Jedis.
redis-cli-flows:
	$(ONLY_IT) -Dit.test=RedisCliFlowsIT -Dcairn.cli.long=true
# Commands that are O(1) or O(log n) in Redis, on keys of 1e3 to 1e6 elements, beside redis-server; fails when one grows much more than there.
bench-types: ; bench/types.sh
# The long form of jepsen's StallsIT: 10 million fields, 100 MB, 5 s, 5 million keys (SIZES=brief for less; 6 GB of memory; or SIZES=FIELDS,BYTES,SECONDS,KEYS).
bench-stalls: dist
	java -cp jepsen/target/classes io.cairn.jepsen.stall.Main $(or $(SIZES),full) $(or $(PORT),21600)
# 4,096 slots with KEYS keys of 100 bytes change hands; with KILLS=n, n rounds of kill -9 of each leader and of cancel at each step instead, and FLUSHALL.
bench-migration: dist
	java -Xmx1g -cp jepsen/target/classes io.cairn.jepsen.migration.Main $(or $(KEYS),$(if $(KILLS),100000,1000000)) $(or $(PORT),22000) $(or $(KILLS),0)
# The same by redis-cli --cluster reshard between primaries of real Redis, for comparison.
bench-reshard: ; bench/reshard.sh $(or $(KEYS),1000000)
# Six nodes in gossip mode beside six of Redis Cluster: kill -9 of a primary under load, the gap and the acknowledged writes lost; TIMEOUTS="1000 15000" ROUNDS=3.
bench-failover: dist
	java -cp "jepsen/target/classes:jepsen/target/lib/*" io.cairn.jepsen.failover.Main $(or $(PORT),27500) $(or $(ROUNDS),1) $(or $(TIMEOUTS),1000 15000)
# Nine gossip nodes go to raft and back under eight clients, RUNS times (on two cores the second compiler of nine young JVMs would take most of them); with KILLS=1 kill -9 of a random node at each step: PORT=21300 SEED=1 PAUSE=4 (milliseconds between two writes of a client).
rollout: dist
	java -Xmx1g -Dcairn.server.flags=-XX:TieredStopAtLevel=1 -Dcairn.rollout.pause=$(or $(PAUSE),4) -cp "jepsen/target/classes:jepsen/target/lib/*" io.cairn.jepsen.rollout.Main $(or $(PORT),21300) $(or $(RUNS),$(if $(KILLS),20,1)) $(if $(KILLS),1,0) $(or $(SEED),1)
# The votes of gossip mode in seeded histories of whole clusters: SEEDS=1000 SEED=1.
claims-sim:
	$(MVN) -Pfast -pl gossip -am test -Dtest=ClaimsSimTest -Dsurefire.failIfNoSpecifiedTests=false -Dcairn.claims.seeds=$(or $(SEEDS),200) -Dcairn.claims.seed=$(or $(SEED),1)
# The long form of jepsen's FaultsIT: rounds of every fault, then kills for the median gap.
faults: dist
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --rounds $(or $(ROUNDS),3) --seed $(or $(SEED),1)
	java -cp jepsen/target/classes io.cairn.jepsen.Main faults --only kills --rounds $(or $(KILLS),30) --seed $(or $(SEED),1)
# The long form of jepsen's MachinesIT: three machines, five, three, all of them replaced one by one, under load and kill -9.
machines:
	$(ONLY_IT) -Dit.test=MachinesIT -Dcairn.machines.all=true -Dcairn.machines.shards=$(or $(SHARDS),2) -Dcairn.seed=$(or $(SEED),1)
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
# The landed version before this one (from git, built once into target/) and this one in one cluster, process by process.
upgrade:
	$(ONLY_IT) -Dit.test=RollingUpgradeIT -Dcairn.previous.build=true
comma := ,
# What idle nodes cost: 9 and 27 nodes in three processes, 100 gossip members in one JVM.
scale:
	$(ONLY_IT) -Dit.test=ScaleIT -Dcairn.scale.nodes=$(or $(NODES),3$(comma)9) -Dcairn.scale.seconds=$(or $(SECONDS),15) -Dcairn.scale.heap=$(or $(HEAP),256)
	$(MVN) -Pfast verify -pl gossip -am -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dit.test=HundredMembersIT -Dcairn.gossip.members=$(or $(MEMBERS),100) -Dcairn.gossip.seconds=10
# Stock clients (also ioredis and node-redis, installed from npm into jepsen/target/npm) through failover, reshard and node replacement.
stock-clients:
	if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix jepsen/target/npm ioredis@5 redis@5; else echo "no npm: ioredis and node-redis are left out"; fi
	$(ONLY_IT) -Dit.test=ClientsThroughChangesIT -Dcairn.clients.long=true
# More hand-overs than in verify: CLUSTER FAILOVER and processes that end, under clients that retry nothing.
hand-over:
	$(ONLY_IT) -Dit.test=HandOverIT -Dcairn.failovers=$(or $(FAILOVERS),30) -Dcairn.stops=$(or $(STOPS),6)
# redis-server follows Cairn and Cairn redis-server, through cuts of the link; each as primary of COMMANDS mixed commands.
replicate:
	$(ONLY_IT) -Dit.test=io.cairn.command.ReplicationIT -Dcairn.replication.commands=$(or $(COMMANDS),1000000) -Dcairn.differential.seed=$(or $(SEED),1)
# The protocols of slot moves, MEET and rollout in Promela: they pass, broken variants fail; MODELS="rollout SAFETY14_TIMEOUT_UNFREEZES" for some. Needs spin and gcc; skipped without.
models:
	jepsen/models/check.sh $(MODELS) || [ $$? -eq 77 ]
