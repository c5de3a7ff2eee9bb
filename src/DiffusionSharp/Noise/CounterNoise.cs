using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DiffusionSharp.Noise;

/// <summary>
/// Random numbers as pure functions of (seed, stream, element): Philox4x32-10 with the seed as key, the stream as the high and the
/// element's block as the low half of the counter. The same on every platform, and a shorter fill is a prefix of a longer one.
/// All functions draw on the same words of a stream: use different streams for independent numbers.
/// </summary>
public static class CounterNoise
{
    private const double Ulp = 1.0 / (1L << 53);

    /// <summary>Uniform 32-bit words; word i is word i mod 4 of block i/4.</summary>
    /// <param name="seed">The key.</param>
    /// <param name="stream">Any number; streams are independent.</param>
    /// <param name="destination">Receives the words.</param>
    public static void UInt32s(ulong seed, long stream, Span<uint> destination)
    {
        for (var i = 0; i < destination.Length; i += 4)
        {
            var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)stream, (ulong)i / 4);
            ReadOnlySpan<uint> words = [w0, w1, w2, w3];
            words[..Math.Min(4, destination.Length - i)].CopyTo(destination[i..]);
        }
    }

    /// <summary>Uniform multiples of 2⁻⁵³ in [0, 1); number i is made of words 2i and 2i+1.</summary>
    /// <inheritdoc cref="UInt32s"/>
    public static void Uniform(ulong seed, long stream, Span<double> destination)
    {
        for (var i = 0; i < destination.Length; i += 2)
        {
            var (a, b) = Integers(seed, stream, (ulong)i / 2);
            destination[i] = a * Ulp;
            if (i + 1 < destination.Length)
            {
                destination[i + 1] = b * Ulp;
            }
        }
    }

    /// <summary>Standard normals; numbers 2j and 2j+1 are the Box-Muller pair of block j.</summary>
    /// <inheritdoc cref="UInt32s"/>
    public static void Gaussian(ulong seed, long stream, Span<double> destination) => Gaussian(seed, stream, 0, destination);

    /// <summary>Standard normals: those of <see cref="Gaussian(ulong, long, Span{double})"/>, rounded.</summary>
    /// <inheritdoc cref="UInt32s"/>
    public static void Gaussian(ulong seed, long stream, Span<float> destination)
    {
        Span<double> chunk = stackalloc double[256];
        for (var i = 0; i < destination.Length; i += chunk.Length)
        {
            var part = chunk[..Math.Min(chunk.Length, destination.Length - i)];
            Gaussian(seed, stream, (ulong)i / 2, part);
            for (var k = 0; k < part.Length; k++)
            {
                destination[i + k] = (float)part[k];
            }
        }
    }

    /// <summary>The normals from a block on, one pair at a time: what the vector form must equal.</summary>
    internal static void GaussianScalar(ulong seed, long stream, ulong firstBlock, Span<double> destination)
    {
        for (var i = 0; i < destination.Length; i += 2)
        {
            var (a, b) = Integers(seed, stream, firstBlock + ((ulong)i / 2));
            var (first, second) = BoxMuller.Pair(a, b);
            destination[i] = first;
            if (i + 1 < destination.Length)
            {
                destination[i + 1] = second;
            }
        }
    }

    private static void Gaussian(ulong seed, long stream, ulong firstBlock, Span<double> destination)
    {
        var done = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; destination.Length - done >= 8; done += 8)
            {
                var (a, b) = Philox.FourBlocks(seed, (ulong)stream, firstBlock + ((ulong)done / 2));
                var (first, second) = BoxMuller.Pair((a >>> 11).AsInt64(), (b >>> 11).AsInt64());
                StoreInterleaved(first, second, ref MemoryMarshal.GetReference(destination[done..]));
            }
        }

        GaussianScalar(seed, stream, firstBlock + ((ulong)done / 2), destination[done..]);
    }

    private static (long A, long B) Integers(ulong seed, long stream, ulong block)
    {
        var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)stream, block);
        return ((long)((((ulong)w1 << 32) | w0) >> 11), (long)((((ulong)w3 << 32) | w2) >> 11));
    }

    private static void StoreInterleaved(Vector256<double> even, Vector256<double> odd, ref double destination)
    {
        if (Avx.IsSupported)
        {
            Vector256<double> low = Avx.UnpackLow(even, odd), high = Avx.UnpackHigh(even, odd);
            Avx.Permute2x128(low, high, 0x20).StoreUnsafe(ref destination);
            Avx.Permute2x128(low, high, 0x31).StoreUnsafe(ref destination, 4);
            return;
        }

        for (var lane = 0; lane < 4; lane++)
        {
            Vector128.Create(even.GetElement(lane), odd.GetElement(lane)).StoreUnsafe(ref destination, (nuint)(2 * lane));
        }
    }
}
