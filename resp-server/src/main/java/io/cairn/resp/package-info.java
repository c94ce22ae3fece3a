/** RESP protocol over Netty: connections, decoding, replies. */
@NullMarked
package io.cairn.resp;

import org.jspecify.annotations.NullMarked;
