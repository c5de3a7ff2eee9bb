namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>Room for one row in each precision.</summary>
internal sealed class RowBuffers(int dimension)
{
    public double[] Wide { get; } = new double[dimension];

    public float[] Narrow { get; } = new float[dimension];
}
