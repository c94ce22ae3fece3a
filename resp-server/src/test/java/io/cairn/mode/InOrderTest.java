package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InOrderTest {
    private final InOrder order = new InOrder();
    private final List<String> finished = new ArrayList<>();

    /** A batch that is done after so many settlements. */
    private final class Fake implements InOrder.Batch {
        private final String name;
        private int rounds;
        private boolean settled;

        Fake(String name, int rounds) {
            this.name = name;
            this.rounds = rounds;
            order.add(this);
        }

        void settle() {
            settled = true;
            order.advance();
        }

        @Override
        public boolean isSettled() {
            return settled;
        }

        @Override
        public boolean finish() {
            finished.add(name);
            settled = --rounds == 0;
            return settled;
        }
    }

    @Test
    void whatSettlesEarlyWaitsForWhatCameBefore() {
        Fake a = new Fake("a", 1);
        Fake b = new Fake("b", 1);
        Fake c = new Fake("c", 1);
        c.settle();
        assertThat(finished).isEmpty();
        a.settle();
        assertThat(finished).containsExactly("a");
        b.settle();
        assertThat(finished).containsExactly("a", "b", "c");
    }

    @Test
    void aBatchThatIsNotDoneHoldsBackTheNext() {
        Fake tick = new Fake("tick", 2);
        Fake next = new Fake("next", 1);
        tick.settle();
        next.settle();
        assertThat(finished).containsExactly("tick");
        tick.settle();
        assertThat(finished).containsExactly("tick", "tick", "next");
    }

    @Test
    void aBatchThatFailsDoesNotHoldBackTheNext() {
        order.add(new InOrder.Batch() {
            @Override
            public boolean isSettled() {
                return true;
            }

            @Override
            public boolean finish() {
                throw new IllegalStateException("a bug");
            }
        });
        Fake next = new Fake("next", 1);
        assertThatThrownBy(next::settle).isInstanceOf(IllegalStateException.class);
        next.settle();
        assertThat(finished).containsExactly("next");
    }
}
