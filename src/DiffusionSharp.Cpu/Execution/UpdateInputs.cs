using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>The caller's memory in a training call, and what decides which values dropout keeps.</summary>
/// <param name="seed">The run's seed.</param>
/// <param name="step">The update.</param>
/// <param name="firstImage">Place in the batch of the call's first image.</param>
/// <param name="batch">Images of the whole batch.</param>
/// <param name="target">What the network should return, [N, C, H, W].</param>
/// <param name="lossWeights">Weight of each image's loss.</param>
/// <param name="losses">Receives each image's loss, by its weight.</param>
/// <param name="terms">Each image's term of the variational bound, for a network that predicts its variance.</param>
/// <param name="augmentation">The labels of each image's augmentation, for a network that takes them.</param>
internal readonly unsafe struct UpdateInputs(ulong seed, long step, int firstImage, int batch, float* target, float* lossWeights, double* losses, VariationalTerm* terms = null, float* augmentation = null)
{
    public ulong Seed => seed;

    public long Step => step;

    public int FirstImage => firstImage;

    public int Batch => batch;

    public float* Target => target;

    public float* LossWeights => lossWeights;

    public VariationalTerm* Terms => terms;

    public float* Augmentation => augmentation;

    public double* Losses => losses;
}
