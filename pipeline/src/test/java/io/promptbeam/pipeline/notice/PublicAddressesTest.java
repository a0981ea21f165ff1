package io.promptbeam.pipeline.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.promptbeam.pipeline.notice.CheckedResolver.ForbiddenAddressException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressesTest {
  /** All of them written as addresses: nothing is looked up. */
  private static InetAddress address(String literal) throws UnknownHostException {
    return InetAddress.getByName(literal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:81b::200e",
        "2001:4860:4860::8888",
        "64:ff9b::8.8.8.8",
      })
  void address_isPublic(String literal) throws Exception {
    assertThat(PublicAddresses.include(address(literal))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Unspecified, loopback.
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.255.255.254",
        "::",
        "::1",
        // Private and carrier-grade NAT.
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "fc00::1",
        "fd12:3456::1",
        // Link-local, site-local.
        "169.254.0.1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        // Metadata services: most clouds, Azure, Oracle, Alibaba, AWS and Google by IPv6.
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
        // Documentation, benchmarks, protocols.
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "198.19.255.255",
        "192.88.99.1",
        "2001:db8::1",
        "3fff::1",
        // Multicast, reserved, broadcast.
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "ff02::1",
        // IPv4 in IPv6: mapped, compatible, translated, NAT64 of both kinds, 6to4, Teredo.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::1",
        "2002:808:808::1",
        "2001:0:7f00:1::1",
        "100::1",
        "4000::1",
        // Other notations of 127.0.0.1.
        "2130706433",
        "127.1",
      })
  void address_isNotPublic(String literal) throws Exception {
    assertThat(PublicAddresses.include(address(literal))).isFalse();
  }

  @Test
  void mappedAddress_isNotPublic_evenAsABareIpv6Address() throws Exception {
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xFF;
    mapped[11] = (byte) 0xFF;
    mapped[12] = 8;
    mapped[13] = 8;
    mapped[14] = 8;
    mapped[15] = 8;
    assertThat(PublicAddresses.include(Inet6Address.getByAddress(null, mapped, -1))).isFalse();
  }

  @Test
  void resolver_answersWithWhatItChecked_andAsksOnce() throws Exception {
    List<String> asked = new ArrayList<>();
    InetAddress[] found = {address("1.1.1.1"), address("2606:4700:4700::1111")};
    var resolver =
        new CheckedResolver(
            host -> {
              asked.add(host);
              return found;
            });

    assertThat(resolver.resolve("hooks.example")).containsExactly(found);
    assertThat(asked).containsExactly("hooks.example");
  }

  @Test
  void resolver_refuses_whenAPublicNameHasAnAddressInside() throws Exception {
    InetAddress[] found = {address("1.1.1.1"), address("10.0.0.7")};
    var resolver = new CheckedResolver(host -> found);

    assertThatThrownBy(() -> resolver.resolve("hooks.example"))
        .isInstanceOf(ForbiddenAddressException.class)
        .hasMessageNotContaining("10.0.0.7");
  }
}
