namespace DiffusionSharp.Training.Options;

/// <summary>How the errors of one image become its loss; the losses of a batch are always averaged.</summary>
public enum LossReduction
{
    /// <summary>The mean over C, H and W.</summary>
    Mean,

    /// <summary>The sum over C, H and W (the DDIM reference code).</summary>
    Sum,
}
