using System.Numerics;
using DiffusionSharp.Data;

namespace DiffusionSharp.Imaging;

/// <summary>The training image nearest to each of some pictures: shows that a sample is no copy of what the network has seen.</summary>
/// <param name="Position">The training image's position in its source.</param>
/// <param name="Distance">Root mean square difference per pixel and channel, in levels 0…255.</param>
public readonly record struct NearestNeighbour(long Position, double Distance)
{
    private const int Chunk = 256;

    /// <summary>Compares every picture with the first <paramref name="count"/> images of a source.</summary>
    /// <param name="source">Training images.</param>
    /// <param name="count">How many of them.</param>
    /// <param name="pixels">[N, C, H, W] in the source's shape, 0…255.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>One entry per picture.</returns>
    /// <exception cref="OperationCanceledException">The search was stopped.</exception>
    public static NearestNeighbour[] Find(IBatchSource source, long count, ReadOnlyMemory<byte> pixels, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var elements = source.Shape.Elements;
        if (pixels.Length % elements != 0)
        {
            throw new ArgumentException($"{pixels.Length} bytes are no whole number of pictures of {source.Shape}", nameof(pixels));
        }

        const int batch = 256;
        var best = new (long Position, long Square)[pixels.Length / elements];
        Array.Fill(best, (0, long.MaxValue));
        var images = new byte[batch * elements];
        var labels = new int[batch];
        for (var position = 0L; position < count; position += batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var n = (int)Math.Min(batch, count - position);
            source.Read(position, images.AsSpan(0, n * elements), labels.AsSpan(0, n));
            var from = position;
            Parallel.For(0, best.Length, i =>
            {
                var picture = pixels.Span.Slice(i * elements, elements);
                for (var k = 0; k < n; k++)
                {
                    var square = SquareDistance(picture, images.AsSpan(k * elements, elements), best[i].Square);
                    if (square < best[i].Square)
                    {
                        best[i] = (from + k, square);
                    }
                }
            });
        }

        return [.. best.Select(b => new NearestNeighbour(b.Position, Math.Sqrt((double)b.Square / elements)))];
    }

    /// <summary>The sum of squared differences; gives up early with a number of at least <paramref name="limit"/>.</summary>
    private static long SquareDistance(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, long limit)
    {
        var total = 0L;
        for (var at = 0; at < a.Length && total < limit; at += Chunk)
        {
            var length = Math.Min(Chunk, a.Length - at);
            total += ChunkDistance(a.Slice(at, length), b.Slice(at, length));
        }

        return total;
    }

    private static long ChunkDistance(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var sums = Vector<uint>.Zero;
        var i = 0;
        for (; i + Vector<byte>.Count <= a.Length; i += Vector<byte>.Count)
        {
            Vector<byte> x = new(a[i..]), y = new(b[i..]);
            Vector.Widen(Vector.Max(x, y) - Vector.Min(x, y), out var low, out var high);
            Vector.Widen(low * low, out var s0, out var s1);
            Vector.Widen(high * high, out var s2, out var s3);
            sums += s0 + s1 + s2 + s3;
        }

        var total = (long)Vector.Sum(sums);
        for (; i < a.Length; i++)
        {
            total += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return total;
    }
}
