package io.promptbeam.pipeline.notice;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Which addresses belong to anybody on the Internet: those of IANA's special-purpose registries
 * (RFC 6890) do not, and neither do the metadata services of clouds, wherever they are.
 */
final class PublicAddresses {
  private static final List<Block> SPECIAL_V4 =
      List.of(
          Block.of("0.0.0.0", 8),
          Block.of("10.0.0.0", 8),
          Block.of("100.64.0.0", 10),
          Block.of("127.0.0.0", 8),
          // Link-local; also the metadata service of most clouds.
          Block.of("169.254.0.0", 16),
          Block.of("172.16.0.0", 12),
          Block.of("192.0.0.0", 24),
          Block.of("192.0.2.0", 24),
          Block.of("192.88.99.0", 24),
          Block.of("192.168.0.0", 16),
          Block.of("198.18.0.0", 15),
          Block.of("198.51.100.0", 24),
          Block.of("203.0.113.0", 24),
          // Azure's, from a public range.
          Block.of("168.63.129.16", 32),
          // Multicast, reserved and broadcast.
          Block.of("224.0.0.0", 3));

  private static final Block GLOBAL_V6 = Block.of("2000::", 3);

  private static final List<Block> SPECIAL_V6 =
      List.of(
          // Protocol assignments, Teredo and ORCHID among them.
          Block.of("2001::", 23),
          Block.of("2001:db8::", 32),
          // 6to4: leads to whatever IPv4 address is in it.
          Block.of("2002::", 16),
          Block.of("3fff::", 20));

  /** How a network without IPv4 writes an IPv4 address: as public as that is. */
  private static final Block NAT64 = Block.of("64:ff9b::", 96);

  private PublicAddresses() {}

  static boolean include(InetAddress address) {
    if (address instanceof Inet4Address) {
      return SPECIAL_V4.stream().noneMatch(block -> block.holds(address));
    }
    if (NAT64.holds(address)) {
      return include(embedded(address));
    }
    // What is written as IPv6 and is IPv4 (::ffff:0:0/96, ::/96) is outside of 2000::/3.
    return address instanceof Inet6Address
        && GLOBAL_V6.holds(address)
        && SPECIAL_V6.stream().noneMatch(block -> block.holds(address));
  }

  private static InetAddress embedded(InetAddress nat64) {
    byte[] bytes = nat64.getAddress();
    return address(new byte[] {bytes[12], bytes[13], bytes[14], bytes[15]});
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an address has 4 or 16 bytes", e);
    }
  }

  private record Block(InetAddress first, int bits) {
    /**
     * A block.
     *
     * @param literal an address, never a name
     */
    static Block of(String literal, int bits) {
      try {
        return new Block(InetAddress.getByName(literal), bits);
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(literal, e);
      }
    }

    boolean holds(InetAddress address) {
      byte[] own = first.getAddress();
      byte[] other = address.getAddress();
      if (own.length != other.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if ((own[bit / 8] & mask) != (other[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
