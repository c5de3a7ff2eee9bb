using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>The products of an image with a few others that follow each other.</summary>
/// <param name="row">The image.</param>
/// <param name="first">The first of the others.</param>
/// <param name="products">A product for each of them.</param>
internal delegate void RowOfProducts(int row, int first, ReadOnlySpan<float> products);

/// <summary>Products of all pairs of two sets in float32, a block of the second set after the other; each image of the first is with one thread at a time.</summary>
internal static unsafe class PairProducts
{
    // What is packed of the second set at a time: 16 MiB of 2,048 features.
    private const int BlockRows = 2048;

    public static void ForEach(ViewedRows a, ViewedRows b, RowOfProducts use, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        using var block = new Panels<float>(b.Dimension, Math.Min(BlockRows, b.Count));
        for (var first = 0; first < b.Count; first += BlockRows)
        {
            var start = first;
            block.Resize(b.Dimension, Math.Min(BlockRows, b.Count - first));
            block.ClearRest();
            Parallel.For(0, block.Count, options, () => new RowBuffers(b.Dimension), (panel, _, buffers) =>
            {
                b.Fill(block, panel, start, buffers);
                return buffers;
            }, _ => { });
            Parallel.For(0, Panels<float>.CountOf(a.Count), options, () => new Worker(a.Dimension), (panel, _, worker) =>
            {
                worker.Multiply(a, panel * Panels<float>.Width, block, start, use);
                return worker;
            }, worker => worker.Dispose());
        }
    }

    private sealed class Worker(int dimension) : IDisposable
    {
        private readonly Panels<float> rows = new(dimension, Panels<float>.Width);
        private readonly RowBuffers buffers = new(dimension);
        private readonly float[] square = new float[Panels<float>.Width * Panels<float>.Width];

        public void Multiply(ViewedRows a, int row, Panels<float> block, int first, RowOfProducts use)
        {
            var width = Panels<float>.Width;
            rows.Resize(a.Dimension, Math.Min(width, a.Count - row));
            rows.ClearRest();
            a.Fill(rows, 0, row, buffers);
            fixed (float* pointer = square)
            {
                for (var j = 0; j < block.Count; j++)
                {
                    Array.Clear(square);
                    Panels<float>.Multiply(rows[0], block[j], a.Dimension, pointer);
                    for (var i = 0; i < rows.Columns; i++)
                    {
                        use(row + i, first + (j * width), square.AsSpan(i * width, block.ColumnsOf(j)));
                    }
                }
            }
        }

        public void Dispose() => rows.Dispose();
    }
}
