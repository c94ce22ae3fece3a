package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CommandDocsTest {
    private final CommandDocs docs = CommandDocs.load();

    private static CommandTable table() {
        List<List<Command>> families = new ArrayList<>(Families.data());
        families.addAll(Families.session(Replication.alone("0".repeat(40)), new FixedProcessFigures()));
        return new CommandTable(families);
    }

    @Test
    void everyCommandIsDocumented() {
        CommandTable table = table();
        for (int id = 0; id < table.size(); id++) {
            Command command = table.command(id);
            CommandDocs.Doc doc = docs.of(command);
            assertThat(doc).as(command.name()).isNotSameAs(CommandDocs.UNKNOWN);
            assertThat(doc.summary()).as(command.name()).endsWith(".");
            assertThat(doc.since()).as(command.name()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
        }
    }

    @Test
    void everyKeyHasItsFlags() {
        CommandTable table = table();
        for (int id = 0; id < table.size(); id++) {
            Command command = table.command(id);
            assertThat(docs.of(command).keyFlags().isEmpty())
                    .as(command.name())
                    .isEqualTo(command.keys().first() == 0 && command.keys().finder() == null);
        }
    }

    @Test
    void argumentsAreReadInTheirNotation() {
        List<ArgumentDoc> arguments = ArgumentDoc.parse(
                "key:key#0 [how(nx=NX|time:unix-time=AT@6.2.0)] pair{a:key#1 b:string}* [ip:port:string~2.8.0]");
        assertThat(arguments).hasSize(4);
        assertThat(arguments.get(0).keySpec()).isZero();
        ArgumentDoc how = arguments.get(1);
        assertThat(how.type()).isEqualTo("oneof");
        assertThat(how.flags()).containsExactly("optional");
        assertThat(how.arguments().get(0).type()).isEqualTo("pure-token");
        assertThat(how.arguments().get(1).token()).isEqualTo("AT");
        assertThat(how.arguments().get(1).since()).isEqualTo("6.2.0");
        assertThat(arguments.get(2).type()).isEqualTo("block");
        assertThat(arguments.get(2).flags()).containsExactly("multiple");
        assertThat(arguments.get(3).name()).isEqualTo("ip:port");
        assertThat(arguments.get(3).deprecatedSince()).isEqualTo("2.8.0");
        assertThatThrownBy(() -> ArgumentDoc.parse("a:key)")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ArgumentDoc.parse("[a:key")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theVersionShownIsTheVersionBuilt() throws IOException {
        Matcher version = Pattern.compile("<artifactId>cairn</artifactId><version>([0-9.]+)[^<]*</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();
        assertThat(version.group(1)).isEqualTo(Release.VERSION);
    }

    /** Figures that no test looks at. */
    private static final class FixedProcessFigures implements ProcessFigures {
        @Override
        public long residentBytes() {
            return 0;
        }

        @Override
        public long userMicros() {
            return 0;
        }

        @Override
        public long systemMicros() {
            return 0;
        }

        @Override
        public long heapBytes() {
            return 0;
        }

        @Override
        public long maxHeapBytes() {
            return 0;
        }

        @Override
        public long machineBytes() {
            return 0;
        }

        @Override
        public long processId() {
            return 0;
        }

        @Override
        public String system() {
            return "test";
        }
    }
}
