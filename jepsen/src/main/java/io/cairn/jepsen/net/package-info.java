/** The network between processes and clients: proxies on loopback addresses that can cut, slow and break each directed link. */
@NullMarked
package io.cairn.jepsen.net;

import org.jspecify.annotations.NullMarked;
