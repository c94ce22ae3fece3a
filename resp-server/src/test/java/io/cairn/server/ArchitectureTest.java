package io.cairn.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The module map of ARCHITECTURE.md, and what command handlers may not reach. */
class ArchitectureTest {
    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.cairn");
    }

    /** Classes of the command package with data handlers: all but those that serve connections and the server. */
    private static final DescribedPredicate<JavaClass> DATA_HANDLERS =
            DescribedPredicate.describe("data command families", type -> {
                String outer = type.getName().replaceAll("\\$.*", "");
                return outer.startsWith("io.cairn.command.")
                        && !outer.matches(
                                "io\\.cairn\\.command\\.(Acl|Server|Session|Client|Connection|Config|Latency|Slowlog|SlowLog|Stats"
                                        + "|Persistence|Process|Replication|Info|Command|Transaction|Families|Debug|Shutdown|Help)"
                                        + ".*");
            });

    @Test
    void aDataCommandReachesNoClockChanceNetworkOrDisk() {
        noClasses()
                .that(DATA_HANDLERS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.net..", "java.nio.file..", "io.netty..", "java.util.concurrent..", "java.time..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.SplittableRandom")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.security.SecureRandom")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(Math.class, "random")
                .check(classes);
    }

    @Test
    void gossipAndRaftNeverMeet() {
        noClasses()
                .that()
                .resideInAPackage("io.cairn.gossip..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.cairn.raft..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.cairn.raft..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.cairn.gossip..")
                .check(classes);
    }

    @Test
    void pubSubKnowsNothingOfConnectionsAndClusters() {
        noClasses()
                .that()
                .resideInAPackage("io.cairn.pubsub..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.cairn.resp..",
                        "io.cairn.server..",
                        "io.cairn.mode..",
                        "io.cairn.cluster..",
                        "io.cairn.raft..",
                        "io.cairn.gossip..")
                .check(classes);
    }

    @Test
    void lowerModulesKnowNothingOfTheServer() {
        noClasses()
                .that()
                .resideInAnyPackage("io.cairn.config..", "io.cairn.aof..", "io.cairn.gossip..", "io.cairn.raft..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.cairn.command..",
                        "io.cairn.keyspace..",
                        "io.cairn.resp..",
                        "io.cairn.mode..",
                        "io.cairn.server..",
                        "io.cairn.cli..",
                        "io.cairn.record..",
                        "io.cairn.cluster..",
                        "io.cairn.metrics..",
                        "io.cairn.pubsub..",
                        "io.cairn.replica..",
                        "io.cairn.rdb..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.cairn.config..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.cairn.aof..", "io.cairn.raft..", "io.cairn.gossip..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.cairn.aof..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.cairn.raft..", "io.cairn.gossip..")
                .check(classes);
    }

    @Test
    void aLibraryHasOneHome() {
        onlyIn("com.alipay.sofa..", "io.cairn.raft.group..");
        onlyIn("net.openhft.chronicle.map..", "io.cairn.keyspace.chronicle..");
        onlyIn("io.scalecube..", "io.cairn.gossip..");
        onlyIn("picocli..", "io.cairn.cli..");
        onlyIn("ch.qos.logback..", "io.cairn.server..");
    }

    private static void onlyIn(String library, String home) {
        noClasses()
                .that()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(classes);
    }

    @Test
    void commandsKnowNothingOfConnections() {
        noClasses()
                .that()
                .resideInAPackage("io.cairn.command..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.cairn.resp..",
                        "io.cairn.server..",
                        "io.cairn.mode..",
                        "io.cairn.cluster..",
                        "io.cairn.pubsub..",
                        "io.netty..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage("io.cairn.keyspace..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.cairn.command..", "io.cairn.resp..", "io.cairn.mode..", "io.cairn.server..")
                .check(classes);
    }
}
