//! The log's stack traces. The application is made up; the frames are the ones that the servers and libraries print.
//!
//! A frame is written `package.Class.method:LINE` (line 0: native) and rendered as Java prints it; `~` and a letter
//! is a slot, see [`crate::pen`].

use crate::Shape;
use crate::pen::{Chance, Template};
use crate::text::{By, head};

/// A record with a stack trace.
pub struct Failure {
    by: By,
    /// What the head line says.
    message: &'static str,
    /// The errors, outermost first, each with its own frames.
    links: &'static [(&'static str, &'static [&'static str])],
    /// Says the words of a disconnect and is none.
    pub looks_alike: bool,
}

impl Failure {
    /// The record as logged by `class`. Tomcat indents a trace by one more tab; Logback names omitted frames in full.
    pub fn record(&self, shape: Shape, class: &str, chance: &mut Chance) -> Template {
        let mut text = head(shape, self.by, class, ["SEVERE", "ERROR"], chance);
        let (indent, omitted) = if text.starts_with("~J") {
            ("\t", "more")
        } else {
            ("", "common frames omitted")
        };
        text.push_str(self.message);
        text.push('\n');
        for (depth, (error, blocks)) in self.links.iter().enumerate() {
            let caused = if depth == 0 { "" } else { "Caused by: " };
            // Logback prints the message even when there is none.
            let null = if indent.is_empty() && !error.contains(": ") {
                ": null"
            } else {
                ""
            };
            text.push_str(&format!("{indent}{caused}{error}{null}\n"));
            for frame in blocks.iter().flat_map(|block| block.split_whitespace()) {
                text.push_str(&format!(
                    "{indent}\tat {}\n",
                    printed(&frame.replace("CLASS", class))
                ));
            }
            if depth > 0 {
                text.push_str(&format!("{indent}\t... {} {omitted}\n", 30 + depth));
            }
        }
        Template::new(&text)
    }
}

/// `java.base/java.net.Socket$Stream.read:17` as `java.base/java.net.Socket$Stream.read(Socket.java:17)`.
fn printed(frame: &str) -> String {
    let (place, line) = frame.split_once(':').unwrap_or((frame, "0"));
    if line == "0" {
        return format!("{place}(Native Method)");
    }
    let class = place.rsplit('.').nth(1).unwrap_or(place);
    let file = class.split('$').next().unwrap_or(class);
    format!("{place}({file}.java:{line})")
}

/// A short disconnect record from a logger that no other record has.
pub fn kind() -> Template {
    let mut text =
        String::from("~L ERROR 7 --- [nio-8080-exec-~T] c.e.kinds.~K : No answer sent\n");
    text.push_str(
        "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe\n",
    );
    for frame in OUTPUT_BUFFER.split_whitespace() {
        text.push_str(&format!("\tat {}\n", printed(frame)));
    }
    text.push_str("Caused by: java.io.IOException: Broken pipe\n");
    for frame in NIO_WRITE.split_whitespace() {
        text.push_str(&format!("\tat {}\n", printed(frame)));
    }
    Template::new(&text)
}

/// A client hung up, as Tomcat and Jetty tell it.
pub const DISCONNECTS: &[Failure] = &[
    Failure {
        by: By::App,
        message: "No answer sent for ~P",
        links: &[
            (
                "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Broken pipe",
                &[OUTPUT_BUFFER, ANSWER, SPRING, VALVES],
            ),
            (
                "java.io.IOException: Broken pipe",
                &[NIO_WRITE, TOMCAT_WRITE],
            ),
        ],
        looks_alike: false,
    },
    Failure {
        by: By::Tomcat,
        message: "Servlet.service() for servlet [dispatcherServlet] in context with path [/lending] threw exception",
        links: &[(
            "java.io.IOException: Broken pipe",
            &[
                NIO_WRITE,
                TOMCAT_WRITE,
                OUTPUT_BUFFER,
                ANSWER,
                SPRING,
                VALVES,
            ],
        )],
        looks_alike: false,
    },
    Failure {
        by: By::App,
        message: "Upload ~H of reader ~N ended early",
        links: &[
            (
                "org.apache.catalina.connector.ClientAbortException: java.io.IOException: Connection reset by peer",
                &[INPUT_BUFFER, UPLOAD, SPRING, VALVES],
            ),
            (
                "java.io.IOException: Connection reset by peer",
                &[NIO_READ, TOMCAT_READ],
            ),
        ],
        looks_alike: false,
    },
    Failure {
        by: By::AppInJetty,
        message: "Cannot finish ~P",
        links: &[
            (
                "org.eclipse.jetty.io.EofException",
                &[JETTY_WRITE, ANSWER, JETTY],
            ),
            (
                "java.io.IOException: Broken pipe",
                &[NIO_WRITEV, JETTY_FLUSH],
            ),
        ],
        looks_alike: false,
    },
    Failure {
        by: By::AppInJetty,
        message: "Cannot finish ~P after ~D ms",
        links: &[
            (
                "org.eclipse.jetty.io.EofException",
                &[JETTY_WRITE, ANSWER, JETTY],
            ),
            (
                "java.io.IOException: Connection reset by peer",
                &[NIO_WRITEV, JETTY_FLUSH],
            ),
        ],
        looks_alike: false,
    },
];

/// Our own troubles.
pub const FAILURES: &[Failure] = &[
    Failure {
        by: By::App,
        message: "Cannot render ~P",
        links: &[(
            "java.lang.NullPointerException: Cannot invoke \"Reader.card()\" because \"reader\" is null",
            &[ANSWER, SPRING, VALVES],
        )],
        looks_alike: false,
    },
    Failure {
        by: By::App,
        message: "Loan ~N not stored",
        links: &[
            (
                "org.springframework.dao.DuplicateKeyException: PreparedStatementCallback; SQL [INSERT INTO loan]",
                &[JDBC_TEMPLATE, ANSWER, SPRING, VALVES],
            ),
            (
                "org.postgresql.util.PSQLException: ERROR: duplicate key value violates constraint \"loan_pkey\"",
                &[JDBC],
            ),
        ],
        looks_alike: false,
    },
    Failure {
        by: By::App,
        message: "Request ~H refused",
        links: &[(
            "jakarta.validation.ConstraintViolationException: renew.days: must be less than or equal to 28",
            &[
                "org.springframework.validation.beanvalidation.MethodValidationInterceptor.invoke:138",
                SPRING,
                VALVES,
            ],
        )],
        looks_alike: false,
    },
    Failure {
        by: By::App,
        message: "Cover of book ~N not fetched",
        links: &[(
            "java.net.ConnectException: Connection refused",
            &[
                "java.base/sun.nio.ch.Net.pollConnect:0 java.base/sun.nio.ch.NioSocketImpl.connect:592",
                "java.base/java.net.Socket.connect:633 java.base/sun.net.www.http.HttpClient.openServer:531",
                ANSWER,
                SPRING,
                VALVES,
            ],
        )],
        looks_alike: false,
    },
    Failure {
        by: By::App,
        message: "Loan ~N not read",
        links: &[
            (
                "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend.",
                &[JDBC, JDBC_TEMPLATE, ANSWER, SPRING, VALVES],
            ),
            (
                "java.net.SocketException: Connection reset",
                &[
                    "java.base/sun.nio.ch.NioSocketImpl.implRead:328 java.base/sun.nio.ch.NioSocketImpl.read:355",
                    "java.base/java.net.Socket$SocketInputStream.read:966",
                    "org.postgresql.core.VisibleBufferedInputStream.readMore:192",
                    "org.postgresql.core.PGStream.receiveChar:467",
                ],
            ),
        ],
        looks_alike: true,
    },
];

const NIO_WRITE: &str =
    "java.base/sun.nio.ch.SocketDispatcher.write0:0 java.base/sun.nio.ch.SocketDispatcher.write:62
java.base/sun.nio.ch.IOUtil.writeFromNativeBuffer:137 java.base/sun.nio.ch.IOUtil.write:102
java.base/sun.nio.ch.SocketChannelImpl.write:532";
const NIO_WRITEV: &str = "java.base/sun.nio.ch.SocketDispatcher.writev0:0
java.base/sun.nio.ch.SocketDispatcher.writev:66 java.base/sun.nio.ch.IOUtil.write:227
java.base/sun.nio.ch.SocketChannelImpl.write:598 java.base/java.nio.channels.SocketChannel.write:660";
const NIO_READ: &str =
    "java.base/sun.nio.ch.SocketDispatcher.read0:0 java.base/sun.nio.ch.SocketDispatcher.read:47
java.base/sun.nio.ch.IOUtil.readIntoNativeBuffer:330 java.base/sun.nio.ch.IOUtil.read:284
java.base/sun.nio.ch.SocketChannelImpl.read:434";
const TOMCAT_WRITE: &str = "org.apache.tomcat.util.net.NioChannel.write:125
org.apache.tomcat.util.net.NioEndpoint$NioSocketWrapper.doWrite:1407
org.apache.tomcat.util.net.SocketWrapperBase.doWrite:761 org.apache.tomcat.util.net.SocketWrapperBase.write:540
org.apache.coyote.http11.Http11OutputBuffer$SocketOutputBuffer.doWrite:528
org.apache.coyote.http11.filters.ChunkedOutputFilter.doWrite:112
org.apache.coyote.http11.Http11OutputBuffer.doWrite:190 org.apache.coyote.Response.doWrite:615";
const TOMCAT_READ: &str = "org.apache.tomcat.util.net.NioChannel.read:109
org.apache.tomcat.util.net.NioEndpoint$NioSocketWrapper.fillReadBuffer:1309
org.apache.tomcat.util.net.NioEndpoint$NioSocketWrapper.read:1221
org.apache.coyote.http11.Http11InputBuffer.fill:783
org.apache.coyote.http11.Http11InputBuffer$SocketInputBuffer.doRead:845
org.apache.coyote.http11.filters.IdentityInputFilter.doRead:97 org.apache.coyote.Request.doRead:640";
const OUTPUT_BUFFER: &str = "org.apache.catalina.connector.OutputBuffer.realWriteBytes:347
org.apache.catalina.connector.OutputBuffer.flushByteBuffer:780 org.apache.catalina.connector.OutputBuffer.append:685
org.apache.catalina.connector.OutputBuffer.writeBytes:390 org.apache.catalina.connector.OutputBuffer.write:368
org.apache.catalina.connector.CoyoteOutputStream.write:94";
const INPUT_BUFFER: &str = "org.apache.catalina.connector.InputBuffer.realReadBytes:322
org.apache.catalina.connector.InputBuffer.checkByteBufferEof:600 org.apache.catalina.connector.InputBuffer.read:340
org.apache.catalina.connector.CoyoteInputStream.read:132";
const ANSWER: &str = "com.example.lending.CLASS.copy:212 com.example.lending.CLASS.answer:148
com.example.lending.CLASS.serve:57";
const UPLOAD: &str =
    "java.base/java.io.InputStream.transferTo:796 com.example.lending.CLASS.store:301
com.example.lending.CLASS.upload:77";
const SPRING: &str = "java.base/java.lang.reflect.Method.invoke:580
org.springframework.web.method.support.InvocableHandlerMethod.doInvoke:255
org.springframework.web.method.support.InvocableHandlerMethod.invokeForRequest:188
org.springframework.web.servlet.mvc.method.annotation.ServletInvocableHandlerMethod.invokeAndHandle:118
org.springframework.web.servlet.DispatcherServlet.doDispatch:1089
org.springframework.web.servlet.FrameworkServlet.doGet:903
jakarta.servlet.http.HttpServlet.service:564";
const VALVES: &str = "org.apache.catalina.core.ApplicationFilterChain.internalDoFilter:195
org.apache.catalina.core.ApplicationFilterChain.doFilter:140
org.springframework.web.filter.OncePerRequestFilter.doFilter:116
org.apache.catalina.core.ApplicationFilterChain.doFilter:140
org.apache.catalina.core.StandardWrapperValve.invoke:167 org.apache.catalina.core.StandardContextValve.invoke:90
org.apache.catalina.core.StandardHostValve.invoke:115 org.apache.catalina.core.StandardEngineValve.invoke:74
org.apache.catalina.connector.CoyoteAdapter.service:344 org.apache.coyote.http11.Http11Processor.service:397
org.apache.coyote.AbstractProtocol$ConnectionHandler.process:905
org.apache.tomcat.util.net.NioEndpoint$SocketProcessor.doRun:1741
org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run:659 java.base/java.lang.Thread.run:1583";
const JETTY_WRITE: &str = "org.eclipse.jetty.io.ChannelEndPoint.flush:279 org.eclipse.jetty.io.WriteFlusher.flush:425
org.eclipse.jetty.io.WriteFlusher.write:276 org.eclipse.jetty.io.AbstractEndPoint.write:380
org.eclipse.jetty.server.HttpConnection$SendCallback.process:813
org.eclipse.jetty.util.IteratingCallback.iterate:229 org.eclipse.jetty.server.HttpConnection.send:544
org.eclipse.jetty.server.HttpChannel.sendResponse:977 org.eclipse.jetty.server.HttpChannel.write:1049
org.eclipse.jetty.server.HttpOutput.channelWrite:283 org.eclipse.jetty.server.HttpOutput.write:873";
const JETTY_FLUSH: &str = "org.eclipse.jetty.io.ChannelEndPoint.flush:273";
const JETTY: &str = "javax.servlet.http.HttpServlet.service:687 org.eclipse.jetty.servlet.ServletHolder.handle:791
org.eclipse.jetty.servlet.ServletHandler.doHandle:550 org.eclipse.jetty.server.handler.ScopedHandler.handle:143
org.eclipse.jetty.server.handler.HandlerWrapper.handle:127
org.eclipse.jetty.server.session.SessionHandler.doHandle:1624
org.eclipse.jetty.server.handler.ContextHandler.doHandle:1434
org.eclipse.jetty.server.handler.HandlerCollection.handle:146 org.eclipse.jetty.server.Server.handle:501
org.eclipse.jetty.server.HttpChannel.handle:383 org.eclipse.jetty.server.HttpConnection.onFillable:273
org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded:311
org.eclipse.jetty.io.FillInterest.fillable:105 org.eclipse.jetty.util.thread.QueuedThreadPool.runJob:806
org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run:938 java.base/java.lang.Thread.run:1583";
const JDBC_TEMPLATE: &str = "org.springframework.jdbc.core.JdbcTemplate.translateException:1549
org.springframework.jdbc.core.JdbcTemplate.execute:677 org.springframework.jdbc.core.JdbcTemplate.query:723";
const JDBC: &str = "org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse:2725
org.postgresql.core.v3.QueryExecutorImpl.execute:367 org.postgresql.jdbc.PgStatement.executeInternal:498
org.postgresql.jdbc.PgPreparedStatement.executeQuery:134
com.zaxxer.hikari.pool.ProxyPreparedStatement.executeQuery:52";
