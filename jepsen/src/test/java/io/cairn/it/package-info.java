/** Stock clients, hostile clients and bad starts against the built distribution. */
@NullMarked
package io.cairn.it;

import org.jspecify.annotations.NullMarked;
