namespace DiffusionSharp.Evaluation.FeatureNetworks;

/// <summary>Where an Inception network ends; pytorch-fid names its ends by their width.</summary>
public enum InceptionOutput
{
    /// <summary>Behind the last mean, 2048: the features of the Fréchet distance.</summary>
    Features,

    /// <summary>The same, then the 1008 logits of classes, which the inception score reads.</summary>
    FeaturesAndLogits,

    /// <summary>Behind the first pooling, the mean over pixels, 64.</summary>
    FirstPooling,

    /// <summary>Behind the second pooling, the mean over pixels, 192.</summary>
    SecondPooling,

    /// <summary>Before the auxiliary classifier, the mean over pixels, 768.</summary>
    Auxiliary,
}
