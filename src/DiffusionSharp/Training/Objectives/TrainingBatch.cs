namespace DiffusionSharp.Training.Objectives;

/// <summary>One update's worth of noisy images with what the network should say of them.</summary>
public sealed class TrainingBatch
{
    /// <summary>Allocates a batch.</summary>
    /// <param name="count">Number of images N.</param>
    /// <param name="shape">Shape of each.</param>
    /// <exception cref="DiffusionException">More values than an array can hold (<see cref="ErrorKind.Configuration"/>).</exception>
    public TrainingBatch(int count, ImageShape shape)
    {
        Count = count;
        Shape = shape;
        var values = (double)count * shape.Elements;
        Xt = new float[MemoryNeed.Length(values, $"a batch of {count} images of {shape}", "choose a smaller batch", ErrorKind.Configuration)];
        Target = new float[Xt.Length];
        Timesteps = new double[count];
        LossWeights = new float[count];
        ImportanceWeights = new float[count];
        ImportanceWeights.AsSpan().Fill(1);
        Terms = new VariationalTerm[count];
        Augmentation = new float[count * Data.Augmentation.Labels];
        Losses = new double[count];
        Labels = new int[count];
    }

    /// <summary>Number of images N.</summary>
    public int Count { get; }

    /// <summary>Shape of each image.</summary>
    public ImageShape Shape { get; }

    /// <summary>x_t, [N, C, H, W].</summary>
    public float[] Xt { get; }

    /// <summary>What the network should return, [N, C, H, W].</summary>
    public float[] Target { get; }

    /// <summary>t of each image.</summary>
    public double[] Timesteps { get; }

    /// <summary>Weight of each image's loss, all that it is made of.</summary>
    public float[] LossWeights { get; }

    /// <summary>The part of the weight that makes up for how t was drawn, 1/(T·p_t): 1 where t is uniform.</summary>
    public float[] ImportanceWeights { get; }

    /// <summary>Each image's term of the variational bound, which a network that predicts its variance learns, too.</summary>
    public VariationalTerm[] Terms { get; }

    /// <summary>The labels of each image's augmentation, [N, 9]; 0 for an image as it is.</summary>
    public float[] Augmentation { get; }

    /// <summary>Receives each image's loss, by its weight, in an update.</summary>
    public double[] Losses { get; }

    /// <summary>Class of each image.</summary>
    public int[] Labels { get; }
}
