package io.cairn.resp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategy;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/** The event loops of a process, shared by its nodes: epoll where the kernel has it, NIO elsewhere. */
public final class Transport implements AutoCloseable {
    /** How long a stop waits for the loops to end. */
    private static final long STOP_MILLIS = 2_000;

    private final boolean epoll;
    private final EventLoopGroup acceptors;
    private final EventLoopGroup loops;

    /** @param threads number of event loops for connections */
    public Transport(int threads) {
        epoll = Epoll.isAvailable();
        IoHandlerFactory factory =
                epoll ? EpollIoHandler.newFactory(0, Transport::givingWay) : NioIoHandler.newFactory();
        loops = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("io"), factory);
        acceptors = loops;
    }

    /**
     * Before a loop with nothing left to do asks the kernel, it gives way. Where more threads want to run than there are
     * cores (a client on the same machine), the others get on, and the next turn finds more to do at once: 20 % more
     * unpipelined requests with 2 loops, 2 cores and redis-benchmark beside them. With a core to spare it costs a
     * system call that returns at once.
     */
    @SuppressWarnings("ThreadPriorityCheck")
    private static SelectStrategy givingWay() {
        return (selectNow, hasTasks) -> {
            if (hasTasks) {
                return selectNow.get();
            }
            Thread.yield();
            return SelectStrategy.SELECT;
        };
    }

    EventLoopGroup acceptors() {
        return acceptors;
    }

    public EventLoopGroup loops() {
        return loops;
    }

    public String name() {
        return epoll ? "epoll" : "nio";
    }

    public Class<? extends ServerChannel> serverChannel() {
        return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    /** Sets TCP keepalive probes every {@code seconds}, 0 for none. */
    void keepAlive(Channel channel, int seconds) {
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
        if (seconds > 0 && epoll) {
            // Redis: anetKeepAlive. Three probes a third of the time apart.
            channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, seconds);
            channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, Math.max(1, seconds / 3));
            channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, 3);
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(STOP_MILLIS);
    }
}
