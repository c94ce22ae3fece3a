package io.cairn.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LibraryHeadTest {
    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theFirstLineNamesTheLibrary() throws Exception {
        assertThat(LibraryHead.of(text("#!lua name=my_lib1\nreturn"))).isEqualTo(new LibraryHead("my_lib1", 18));
        assertThat(LibraryHead.of(text("#!LUA   NAME=x  \n")).name()).isEqualTo("x");
    }

    @Test
    void whatIsNoLibraryIsRefusedInRedissWords() {
        Map<String, String> refused = Map.of(
                "return 1", "Missing library metadata",
                "#!lua name=x", "Invalid library metadata",
                "#!\n", "Invalid library metadata",
                "#!lua\n", "Library name was not given",
                "#!lua name=a name=b\n", "Invalid metadata value, name argument was given multiple times",
                "#!lua engine=b\n", "Invalid metadata value given: engine=b",
                "#!python name=a\n", "Engine 'python' not found");
        refused.forEach((code, error) -> assertThatThrownBy(() -> LibraryHead.of(text(code)))
                .isInstanceOfSatisfying(
                        LibraryHead.Refused.class, e -> assertThat(e.text()).isEqualTo(error)));
        assertThatThrownBy(() -> LibraryHead.of(text("#!lua name=a-b\n"))).isInstanceOf(LibraryHead.Refused.class);
    }

    @Test
    void everyChangeOfTheLibrariesIsCounted() {
        Libraries libraries = new Libraries();
        libraries.put("b", text("2"));
        libraries.put("a", text("1"));
        assertThat(libraries.names()).containsExactly("a", "b");
        long version = libraries.version();
        assertThat(libraries.remove("nosuch")).isFalse();
        assertThat(libraries.version()).isEqualTo(version);
        assertThat(libraries.remove("a")).isTrue();
        libraries.clear();
        assertThat(libraries.version()).isEqualTo(version + 2);
        assertThat(libraries.all()).isEmpty();
    }
}
