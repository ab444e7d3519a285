/** How the data of the built-in kinds is made, and what it has to be. */
package io.kooper.kinds;
