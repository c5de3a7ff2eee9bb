using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DiffusionSharp.Noise;

/// <summary>Philox4x32-10 (Salmon et al. 2011): a bijection of a 128-bit counter under a 64-bit key, here 4 words a block.</summary>
internal static class Philox
{
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>One block; the counter's low half is the block number, its high half the stream.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Block(ulong key, ulong high, ulong low)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        uint x0 = (uint)low, x1 = (uint)(low >> 32), x2 = (uint)high, x3 = (uint)(high >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)M0 * x0, p1 = (ulong)M1 * x2;
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }

        return (x0, x1, x2, x3);
    }

    /// <summary>Four blocks in a row: each lane of A holds words 1:0 of its block, each lane of B words 3:2.</summary>
    public static (Vector256<ulong> A, Vector256<ulong> B) FourBlocks(ulong key, ulong high, ulong low)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        var counter = Vector256.Create(low) + Vector256.Create(0UL, 1, 2, 3);
        var x0 = counter;
        var x1 = counter >>> 32;
        var x2 = Vector256.Create((ulong)(uint)high);
        var x3 = Vector256.Create(high >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            // Only the low half of each lane counts; the high halves are left to hold anything.
            Vector256<ulong> p0 = Multiply(x0, M0), p1 = Multiply(x2, M1);
            (x0, x1, x2, x3) = ((p1 >>> 32) ^ x1 ^ Vector256.Create((ulong)k0), p1, (p0 >>> 32) ^ x3 ^ Vector256.Create((ulong)k1), p0);
            k0 += W0;
            k1 += W1;
        }

        var mask = Vector256.Create((ulong)uint.MaxValue);
        return ((x0 & mask) | (x1 << 32), (x2 & mask) | (x3 << 32));
    }

    private static Vector256<ulong> Multiply(Vector256<ulong> x, uint by) => Avx2.IsSupported
        ? Avx2.Multiply(x.AsUInt32(), Vector256.Create((ulong)by).AsUInt32())
        : (x & Vector256.Create((ulong)uint.MaxValue)) * by;
}
