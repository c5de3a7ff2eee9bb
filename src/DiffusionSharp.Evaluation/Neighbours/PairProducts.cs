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

    // Panels of the first set that share what is read of the second: a second cache of 2,048 features.
    private const int Group = 4;

    // Features that all panels of a group are multiplied with in turn.
    private const int Chunk = 128;

    public static void ForEach(ViewedRows a, ViewedRows b, RowOfProducts use, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        using var block = new Panels<float>(b.Dimension, Math.Min(BlockRows, b.Count));
        for (var first = 0; first < b.Count; first += BlockRows)
        {
            var start = first;
            block.Resize(b.Dimension, Math.Min(BlockRows, b.Count - first));
            block.ClearRest();
            Parallel.For(0, block.Count, options, () => new RowBuffers(b.Dimension, Panels<float>.Width), (panel, _, buffers) =>
            {
                b.Fill(block, panel, start, buffers);
                return buffers;
            }, _ => { });
            Parallel.For(0, (Panels<float>.CountOf(a.Count) + Group - 1) / Group, options, () => new Worker(a.Dimension), (group, _, worker) =>
            {
                worker.Multiply(a, group * Group * Panels<float>.Width, block, start, use);
                return worker;
            }, worker => worker.Dispose());
        }
    }

    private sealed class Worker(int dimension) : IDisposable
    {
        private readonly Panels<float> rows = new(dimension, Group * Panels<float>.Width);
        private readonly RowBuffers buffers = new(dimension, Panels<float>.Width);
        private readonly float[] squares = new float[Group * Panels<float>.Width * Panels<float>.Width];

        public void Multiply(ViewedRows a, int row, Panels<float> block, int first, RowOfProducts use)
        {
            var width = Panels<float>.Width;
            rows.Resize(a.Dimension, Math.Min(Group * width, a.Count - row));
            rows.ClearRest();
            for (var panel = 0; panel < rows.Count; panel++)
            {
                a.Fill(rows, panel, row, buffers);
            }

            for (var j = 0; j < block.Count; j++)
            {
                Multiply(block[j]);
                for (var i = 0; i < rows.Columns; i++)
                {
                    use(row + i, first + (j * width), squares.AsSpan(i * width, block.ColumnsOf(j)));
                }
            }
        }

        private void Multiply(float* others)
        {
            var width = Panels<float>.Width;
            Array.Clear(squares);
            fixed (float* pointer = squares)
            {
                for (var k = 0; k < dimension; k += Chunk)
                {
                    for (var panel = 0; panel < rows.Count; panel++)
                    {
                        Panels<float>.Multiply(rows[panel] + ((nint)k * width), others + ((nint)k * width), Math.Min(Chunk, dimension - k), pointer + (panel * width * width));
                    }
                }
            }
        }

        public void Dispose() => rows.Dispose();
    }
}
