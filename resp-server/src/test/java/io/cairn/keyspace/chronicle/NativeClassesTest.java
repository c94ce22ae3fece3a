package io.cairn.keyspace.chronicle;

import static org.assertj.core.api.Assertions.assertThat;

import net.openhft.chronicle.hash.VanillaGlobalMutableState;
import net.openhft.chronicle.values.Values;
import org.junit.jupiter.api.Test;

class NativeClassesTest {
    @Test
    void chronicleFindsTheClassThatTheBuildMadeAndCompilesNothingAtTheStart() {
        Class<?> made = Values.nativeClassFor(VanillaGlobalMutableState.class);

        // One that was compiled at run time comes from no place.
        assertThat(made.getProtectionDomain().getCodeSource()).isNotNull();
        assertThat(made.getProtectionDomain().getCodeSource().getLocation().getPath())
                .contains("resp-server");
    }
}
