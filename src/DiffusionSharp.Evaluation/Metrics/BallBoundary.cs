namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>Whether an image exactly at the distance of the k-th neighbour is within it.</summary>
public enum BallBoundary
{
    /// <summary>It is (≤): Kynkäänniemi et al. 2019, equation 1, their code and torch-fidelity.</summary>
    Closed,

    /// <summary>It is not (&lt;): the code of Naeem et al. 2020 (prdc).</summary>
    Open,
}
