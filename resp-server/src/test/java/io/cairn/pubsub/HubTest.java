package io.cairn.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.Subscriptions.Kind;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.keyspace.Memory;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HubTest {
    private final List<EventLoop> loops =
            List.of(new DefaultEventLoop(), new DefaultEventLoop(), new DefaultEventLoop());
    private final Hub hub = new Hub(1 << 20);

    /** A connection that remembers what it gets. */
    private static final class Client implements Outlet {
        private final EventLoop loop;
        private final Subscriber subscriber;
        private final List<String> got = Collections.synchronizedList(new ArrayList<>());
        private volatile boolean flushed;
        private volatile boolean overflowed;

        Client(Hub hub, EventLoop loop) {
            this.loop = loop;
            this.subscriber = hub.subscriber(this);
        }

        void run(Runnable task) throws Exception {
            loop.submit(task).get();
        }

        void add(Kind kind, String name) throws Exception {
            run(() -> subscriber.add(kind, bytes(name)));
        }

        void remove(Kind kind, String name) throws Exception {
            run(() -> subscriber.remove(kind, bytes(name)));
        }

        List<String> got() throws Exception {
            run(subscriber::receive);
            return List.copyOf(got);
        }

        @Override
        public EventLoop eventLoop() {
            return loop;
        }

        @Override
        public void push(byte[] tail) {
            String text = new String(tail, StandardCharsets.ISO_8859_1);
            got.add(String.join(
                    " ",
                    Arrays.stream(text.split("\r\n"))
                            .skip(1)
                            .filter(line -> !line.startsWith("$"))
                            .toList()));
        }

        @Override
        public void flushPushed() {
            flushed = true;
        }

        @Override
        public void overflowed() {
            overflowed = true;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private int publish(String channel, String message) {
        return hub.publish(Kind.CHANNEL, bytes(channel), bytes(message));
    }

    @AfterEach
    void stop() {
        loops.forEach(loop -> loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS));
    }

    @Test
    void aMessageReachesChannelsAndPatternsOfAllLoops() throws Exception {
        Client a = new Client(hub, loops.get(0));
        Client b = new Client(hub, loops.get(1));
        a.add(Kind.CHANNEL, "news");
        b.add(Kind.PATTERN, "n*");
        b.add(Kind.CHANNEL, "news");
        b.add(Kind.SHARD, "news");
        assertThat(publish("news", "1")).isEqualTo(3);
        assertThat(publish("nothing", "2")).isEqualTo(1);
        assertThat(publish("else", "3")).isZero();
        assertThat(hub.publish(Kind.SHARD, bytes("news"), bytes("4"))).isEqualTo(1);
        assertThat(a.got()).containsExactly("message news 1");
        assertThat(b.got())
                .containsExactly("message news 1", "pmessage n* news 1", "pmessage n* nothing 2", "smessage news 4");
        assertThat(hub.subscribers(Kind.CHANNEL, bytes("news"))).isEqualTo(2);
        assertThat(hub.names(Kind.PATTERN)).isEqualTo(1);
        a.remove(Kind.CHANNEL, "news");
        b.run(b.subscriber::close);
        assertThat(publish("news", "5")).isZero();
        assertThat(hub.hasListeners()).isFalse();
        assertThat(a.got()).hasSize(1);
        assertThat(b.flushed).isTrue();
    }

    /** What is published on the subscriber's own loop is there when publish returns. */
    @Test
    void onItsOwnLoopAMessageIsThereAtOnce() throws Exception {
        Client a = new Client(hub, loops.get(0));
        a.add(Kind.CHANNEL, "c");
        int had = a.loop.submit((Callable<Integer>) () -> {
                    publish("c", "1");
                    int now = a.got.size();
                    hub.announce(Kind.CHANNEL, bytes("c"), bytes("2"));
                    return now * 10 + a.got.size();
                })
                .get();
        assertThat(had).isEqualTo(11);
        assertThat(a.got()).containsExactly("message c 1", "message c 2");
    }

    @Test
    void messagesOfEachPublisherArriveInOrder() throws Exception {
        Client a = new Client(hub, loops.get(0));
        a.add(Kind.CHANNEL, "c");
        a.add(Kind.PATTERN, "*");
        List<Thread> publishers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int id = i;
            Runnable work = () -> {
                for (int n = 0; n < 1_000; n++) {
                    publish("c", id + ":" + n);
                }
            };
            publishers.add(
                    id == 0 ? new Thread(() -> loops.get(0).submit(work).syncUninterruptibly()) : new Thread(work));
        }
        publishers.forEach(Thread::start);
        for (Thread each : publishers) {
            each.join();
        }
        for (String kind : List.of("message c ", "pmessage * c ")) {
            for (int i = 0; i < 3; i++) {
                String prefix = kind + i + ":";
                List<String> mine =
                        a.got().stream().filter(line -> line.startsWith(prefix)).toList();
                assertThat(mine).hasSize(1_000);
                for (int n = 0; n < mine.size(); n++) {
                    assertThat(mine.get(n)).isEqualTo(prefix + n);
                }
            }
        }
    }

    @Test
    void aLoopThatStandsStillBoundsTheQueueAndClosesOnlyWhoMissedSomething() throws Exception {
        Client slow = new Client(hub, loops.get(0));
        Client beside = new Client(hub, loops.get(0));
        Client elsewhere = new Client(hub, loops.get(1));
        slow.add(Kind.CHANNEL, "c");
        beside.add(Kind.CHANNEL, "other");
        elsewhere.add(Kind.PATTERN, "?");
        CountDownLatch go = new CountDownLatch(1);
        loops.get(0).execute(() -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        publish("other", "first");
        String large = "x".repeat(64 * 1024);
        for (int i = 0; i < 100; i++) {
            assertThat(publish("c", large)).isEqualTo(2);
            assertThat(elsewhere.got()).hasSize(i + 1);
        }
        go.countDown();
        assertThat(slow.got()).hasSizeBetween(8, 16);
        assertThat(beside.got()).containsExactly("message other first");
        assertThat(slow.overflowed).isTrue();
        assertThat(beside.overflowed).isFalse();
        assertThat(elsewhere.overflowed).isFalse();
        publish("c", "again");
        assertThat(slow.got()).last().isEqualTo("message c again");
    }

    @Test
    void aShardChannelThatGoesAwayTakesItsSubscribersAlong() throws Exception {
        Client a = new Client(hub, loops.get(0));
        Client b = new Client(hub, loops.get(1));
        a.add(Kind.SHARD, "x");
        a.add(Kind.SHARD, "y");
        b.add(Kind.SHARD, "x");
        b.add(Kind.CHANNEL, "x");
        hub.serves(channel -> channel[0] != 'x');
        assertThat(a.got()).containsExactly("sunsubscribe x :1");
        assertThat(b.got()).containsExactly("sunsubscribe x :0");
        assertThat(hub.publish(Kind.SHARD, bytes("x"), bytes("v"))).isZero();
        assertThat(hub.publish(Kind.SHARD, bytes("y"), bytes("v"))).isEqualTo(1);
        assertThat(publish("x", "v")).isEqualTo(1);
        // A subscription that was checked before the slot went and is made after it.
        b.add(Kind.SHARD, "x");
        assertThat(b.got()).containsExactly("sunsubscribe x :0", "message x v", "sunsubscribe x :0");
        assertThat(hub.names(Kind.SHARD)).isEqualTo(1);
    }

    /** Random subscriptions against a plain model. */
    @Test
    void countsAndDeliveriesAreThoseOfAModel() throws Exception {
        Random random = new Random(7);
        List<Client> clients = new ArrayList<>();
        List<Set<String>> model = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            clients.add(new Client(hub, loops.get(i % loops.size())));
            model.add(new TreeSet<>());
        }
        for (int round = 0; round < 3_000; round++) {
            int at = random.nextInt(clients.size());
            Client client = clients.get(at);
            String name = String.valueOf((char) ('a' + random.nextInt(3)));
            int what = random.nextInt(10);
            if (what < 5) {
                client.add(Kind.CHANNEL, name);
                model.get(at).add(name);
            } else if (what < 8) {
                client.remove(Kind.CHANNEL, name);
                model.get(at).remove(name);
            } else if (what < 9 && round % 50 == 0) {
                client.run(client.subscriber::clear);
                model.get(at).clear();
            } else {
                long expected =
                        model.stream().filter(names -> names.contains(name)).count();
                String message = "m" + round;
                assertThat(publish(name, message)).isEqualTo(expected);
                for (int i = 0; i < clients.size(); i++) {
                    List<String> got = clients.get(i).got();
                    boolean has = !got.isEmpty() && got.get(got.size() - 1).equals("message " + name + " " + message);
                    assertThat(has).isEqualTo(model.get(i).contains(name));
                }
            }
            assertThat(client.subscriber.count(Kind.CHANNEL))
                    .isEqualTo(model.get(at).size());
        }
    }

    @Test
    void keyspaceEventsAreThoseThatAreAskedFor() throws Exception {
        KeyspaceEvents events = new KeyspaceEvents(hub);
        Client a = new Client(hub, loops.get(0));
        a.add(Kind.PATTERN, "__key*");
        Config config = Config.of();
        long key = Memory.allocate(3);
        try {
            Memory.copy(bytes("abc"), 0, key, 3);
            for (String classes : List.of("", "K$", "Eg$", "KEA", "A", "KEm")) {
                config.set(List.of("notify-keyspace-events", classes));
                events.classes(config.get(Keys.NOTIFY_KEYSPACE_EVENTS));
                events.event(5, '$', "set", key, 3);
                events.event(0, 'g', "del", key, 3);
                events.event(0, 'm', "keymiss", key, 3);
            }
        } finally {
            Memory.free(key, 3);
        }
        String pattern = "pmessage __key* ";
        assertThat(a.got())
                .containsExactly(
                        pattern + "__keyspace@5__:abc set",
                        pattern + "__keyevent@5__:set abc",
                        pattern + "__keyevent@0__:del abc",
                        pattern + "__keyspace@5__:abc set",
                        pattern + "__keyevent@5__:set abc",
                        pattern + "__keyspace@0__:abc del",
                        pattern + "__keyevent@0__:del abc",
                        pattern + "__keyspace@0__:abc keymiss",
                        pattern + "__keyevent@0__:keymiss abc");
    }
}
