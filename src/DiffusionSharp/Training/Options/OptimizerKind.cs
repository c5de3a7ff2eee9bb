namespace DiffusionSharp.Training.Options;

/// <summary>The optimizer.</summary>
public enum OptimizerKind
{
    /// <summary>Adam (Kingma and Ba 2015); weight decay is L2.</summary>
    Adam,

    /// <summary>AdamW (Loshchilov and Hutter 2019); weight decay is decoupled.</summary>
    AdamW,
}
