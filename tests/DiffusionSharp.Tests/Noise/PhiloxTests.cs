using System.Runtime.Intrinsics;
using CsCheck;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Tests.Noise;

public class PhiloxTests
{
    // Random123's kat_vectors, lines "philox4x32 10".
    [Theory]
    [InlineData(0UL, 0UL, 0UL, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0a4093822UL, 0x0370734413198a2eUL, 0x85a308d3243f6a88UL, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Known_answers(ulong key, ulong high, ulong low, uint w0, uint w1, uint w2, uint w3) =>
        Assert.Equal((w0, w1, w2, w3), Philox.Block(key, high, low));

    [Fact]
    public void Four_lanes_equal_four_blocks() => Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong).Sample((key, high, low) =>
    {
        var (a, b) = Philox.FourBlocks(key, high, low);
        for (var lane = 0; lane < 4; lane++)
        {
            var (w0, w1, w2, w3) = Philox.Block(key, high, low + (ulong)lane);
            Assert.Equal(((ulong)w1 << 32) | w0, a.GetElement(lane));
            Assert.Equal(((ulong)w3 << 32) | w2, b.GetElement(lane));
        }
    });
}
