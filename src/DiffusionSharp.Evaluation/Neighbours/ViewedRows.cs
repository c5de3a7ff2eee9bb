using DiffusionSharp.Evaluation.Products;

namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>A set in float32, seen from a frame: its rows as panels, made when they are asked for, and their lengths.</summary>
internal sealed class ViewedRows
{
    private readonly Frame frame;
    private readonly float[] norms;
    private readonly float[] squares;

    public ViewedRows(FeatureMatrix features, Frame frame)
    {
        (Features, this.frame) = (features, frame);
        (norms, squares) = (new float[features.Count], new float[features.Count]);
        Parallel.For(0, Count, () => new RowBuffers(features.Dimension, 1), (i, _, buffers) =>
        {
            frame.View(features, i, buffers.Wide, buffers.Panel);
            var square = 0.0;
            foreach (double v in buffers.Panel)
            {
                square += v * v;
            }

            squares[i] = (float)square;
            norms[i] = MathF.BitIncrement((float)Math.Sqrt(square));
            return buffers;
        }, _ => { });
    }

    public FeatureMatrix Features { get; }

    public int Count => Features.Count;

    public int Dimension => Features.Dimension;

    /// <summary>Each row's length, rounded up.</summary>
    public ReadOnlySpan<float> Norms => norms;

    /// <summary>Each row's length squared, rounded.</summary>
    public ReadOnlySpan<float> Squares => squares;

    /// <summary>Fills a panel with rows from one on, as columns.</summary>
    public void Fill(Panels<float> panels, int panel, int first, RowBuffers buffers)
    {
        for (var column = 0; column < panels.ColumnsOf(panel); column++)
        {
            var row = first + (panel * Panels<float>.Width) + column;
            frame.View(Features, row, buffers.Wide, buffers.Panel.AsSpan(column * Dimension, Dimension));
        }

        panels.SetColumns(panel, buffers.Panel);
    }
}
