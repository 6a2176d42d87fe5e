// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.Delimiters;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What a Graylog GELF TCP input is made of: a Netty server whose frames end with NUL. Prints each frame as a line, before
 * anything else happens on its connection unless there is a lag.
 *
 * Takes orders on stdin, a word and a number a line, and answers each with the word on stderr: `start`, `stop` (the
 * listener and all connections at once, as an input does), `reset` (the oldest connection alone, whatever of it is
 * unread; TLS says goodbye first), `pace` MICROSECONDS (what each frame takes), `lag` MILLISECONDS (what a frame waits in
 * memory before it is printed, as in Graylog's buffers). Ends with stdin.
 *
 * Arguments: the port; for TLS the PEM files of the certificate and its key (PKCS#8).
 */
public final class NettyServer {
    private static final int FRAME_LIMIT = 2 << 20;

    private static final EventLoopGroup acceptors = new NioEventLoopGroup(1);
    private static final EventLoopGroup workers = new NioEventLoopGroup(2);
    private static final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private static final OutputStream output = new FileOutputStream(FileDescriptor.out);
    private static final Deque<SocketChannel> connections = new ConcurrentLinkedDeque<>();
    private static final ScheduledExecutorService laggard = Executors.newSingleThreadScheduledExecutor();
    private static volatile int pace = 0;
    private static volatile int lag = 0;
    private static SslContext tls;

    public static void main(String[] arguments) throws Exception {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
        if (arguments.length > 2) {
            tls = SslContextBuilder.forServer(new File(arguments[1]), new File(arguments[2])).build();
        }
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] order = line.split(" ");
            switch (order[0]) {
                case "start": start(address); break;
                case "stop": channels.close().sync(); break;
                case "reset": resetOldest(); break;
                case "pace": pace = Integer.parseInt(order[1]); break;
                case "lag": lag = Integer.parseInt(order[1]); break;
                default: throw new IllegalArgumentException(line);
            }
            System.err.println(order[0]);
        }
        System.exit(0);
    }

    private static void start(InetSocketAddress address) throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
            .group(acceptors, workers)
            .channel(NioServerSocketChannel.class)
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channels.add(channel);
                    connections.add(channel);
                    channel.closeFuture().addListener(future -> connections.remove(channel));
                    if (tls != null) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
                    channel.pipeline().addLast(
                        new DelimiterBasedFrameDecoder(FRAME_LIMIT, Delimiters.nulDelimiter()), new Printer());
                }
            });
        channels.add(bootstrap.bind(address).sync().channel());
    }

    private static void resetOldest() throws InterruptedException {
        SocketChannel oldest = connections.peekFirst();
        if (oldest != null) {
            // Without this Java shuts its own direction down first, and then resets nothing.
            oldest.config().setSoLinger(0);
            oldest.close().sync();
        }
    }

    private static void print(byte[] line) {
        synchronized (output) {
            try {
                output.write(line);
            } catch (IOException failure) {
                System.exit(1);
            }
        }
    }

    private static final class Printer extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) throws Exception {
            byte[] line = new byte[frame.readableBytes() + 1];
            frame.readBytes(line, 0, line.length - 1);
            line[line.length - 1] = '\n';
            if (lag > 0) {
                laggard.schedule(() -> print(line), lag, TimeUnit.MILLISECONDS);
            } else {
                print(line);
            }
            if (pace > 0) {
                Thread.sleep(pace / 1000, pace % 1000 * 1000);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // As an input does: what goes wrong on a connection ends it, and nothing else.
            context.close();
        }
    }
}
