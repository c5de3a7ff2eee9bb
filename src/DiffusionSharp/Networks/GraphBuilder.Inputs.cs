namespace DiffusionSharp.Networks;

/// <content>What a network is given, and the vectors that timesteps and labels become.</content>
public sealed partial class GraphBuilder
{
    /// <summary>The noisy images x_t.</summary>
    public int X() => Append("x", new Operation.InputX(), [], input);

    /// <summary>The timesteps, as vectors of one value.</summary>
    public int Timestep() => Append("t", new Operation.InputTimestep(), [], new ImageShape(1, 1, 1));

    /// <summary>The class labels, as vectors of one value.</summary>
    public int Label() => Append("label", new Operation.InputLabel(), [], new ImageShape(1, 1, 1));

    /// <summary>Sines and cosines of the timestep (DDPM, appendix B).</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="t">The timestep, or a label that is embedded as one.</param>
    /// <param name="dimension">Width of the result.</param>
    /// <param name="flipSinToCos">[cos, sin] instead of [sin, cos].</param>
    /// <param name="freqShift">Subtracted from the exponent's denominator.</param>
    /// <param name="scale">The sinusoid is that of t·scale.</param>
    /// <param name="maxPeriod">The exponent's base: periods grow from 2π to about 2π times this.</param>
    /// <param name="augmentation">Number of labels of an image's augmentation, which a training run tells the network; 0 for none.</param>
    public int TimestepEmbedding(string name, int t, int dimension, bool flipSinToCos, double freqShift, double scale = 1, double maxPeriod = 10000, int augmentation = 0)
    {
        Require(dimension / 2 > freqShift, name, $"dimension {dimension} is too small for a frequency shift of {freqShift}");
        Require(maxPeriod > 1 && double.IsFinite(maxPeriod), name, $"a largest period of {maxPeriod} is not above 1");
        var labels = augmentation == 0 ? null : Parameter(UNet.AugmentationWeight, [dimension, augmentation], Initialization.Zero);
        return Append(name, new Operation.TimestepEmbedding(dimension, flipSinToCos, freqShift, scale, maxPeriod, labels), [t], new ImageShape(dimension, 1, 1));
    }

    /// <summary>A row of a table [rows, dimension], <c>NAME.weight</c>, picked by the label.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="label">The label.</param>
    /// <param name="rows">Rows of the table: the classes and, where there is one, the null class.</param>
    /// <param name="dimension">Width of a row.</param>
    public int Embedding(string name, int label, int rows, int dimension)
    {
        Require(rows > 0, name, $"a label table needs at least one row, not {rows}");
        var table = Parameter($"{name}.weight", [rows, dimension], Initialization.StandardNormal);
        return Append(name, new Operation.Embedding(table), [label], new ImageShape(dimension, 1, 1));
    }
}
