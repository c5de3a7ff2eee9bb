using System.Numerics;

namespace DiffusionSharp.Training.Objectives;

/// <summary>What dropout keeps: a pure function of (seed, step, image, node) and of the value's place, the same on every engine and in every micro-batch.</summary>
public static class DropoutMask
{
    /// <summary>Writes the factors of some values of an image: 0, or 1/(1 - probability).</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The update.</param>
    /// <param name="image">The image's place in the batch.</param>
    /// <param name="node">The node's place in the graph.</param>
    /// <param name="probability">Of being dropped, in (0, 1).</param>
    /// <param name="first">Place of the first value: pixel · channels + channel.</param>
    /// <param name="factors">Receives the factors.</param>
    public static void Fill(ulong seed, long step, int image, int node, double probability, long first, Span<float> factors)
    {
        var key = Mix(Mix(Mix(Mix(seed) + (ulong)step) + (ulong)image) + (ulong)node);
        var (low, high) = (new Vector<uint>((uint)key), new Vector<uint>((uint)(key >> 32)));
        var least = new Vector<uint>((uint)Math.Min(uint.MaxValue, Math.Round(probability * 4294967296.0)));
        var kept = new Vector<float>((float)(1 / (1 - probability)));
        var (places, width) = (Vector<uint>.Indices, Vector<uint>.Count);
        Span<float> rest = stackalloc float[width];
        for (var i = 0; i < factors.Length; i += width)
        {
            var words = Mix(Mix((places + new Vector<uint>((uint)(first + i))) ^ low) + high);
            var values = Vector.ConditionalSelect(Vector.AsVectorSingle(Vector.GreaterThanOrEqual(words, least)), kept, Vector<float>.Zero);
            if (factors.Length - i >= width)
            {
                values.CopyTo(factors[i..]);
            }
            else
            {
                values.CopyTo(rest);
                rest[..(factors.Length - i)].CopyTo(factors[i..]);
            }
        }
    }

    // Multiplications and shifts that spread each bit over the word (Steele et al. 2014).
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B9_7F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D_1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB_133111EB;
        return x ^ (x >> 31);
    }

    private static Vector<uint> Mix(Vector<uint> x)
    {
        x = (x ^ (x >>> 16)) * new Vector<uint>(0x7FEB352D);
        x = (x ^ (x >>> 15)) * new Vector<uint>(0x846CA68B);
        return x ^ (x >>> 16);
    }
}
