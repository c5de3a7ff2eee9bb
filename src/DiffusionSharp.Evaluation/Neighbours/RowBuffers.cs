namespace DiffusionSharp.Evaluation.Neighbours;

/// <summary>Room for a row in float64, and for some in float32.</summary>
internal sealed class RowBuffers(int dimension, int rows)
{
    public double[] Wide { get; } = new double[dimension];

    public float[] Panel { get; } = new float[rows * dimension];
}
