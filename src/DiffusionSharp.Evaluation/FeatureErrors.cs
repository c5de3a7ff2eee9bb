namespace DiffusionSharp.Evaluation;

/// <summary>What is said of features that do not do.</summary>
internal static class FeatureErrors
{
    public static DiffusionException NotFinite(string name, long row, int column, double value) => new(
        ErrorKind.NonFinite,
        FormattableString.Invariant($"{name}: feature {column} of image {row} is {value}, expected a finite number of at most {FeatureMatrix.Largest:G1}: ")
        + "look at that image, and at the network that made the features");

    /// <summary>Refuses a set of too few images.</summary>
    /// <param name="features">The set.</param>
    /// <param name="least">How many are needed.</param>
    /// <param name="purpose">For what.</param>
    public static void RequireImages(FeatureMatrix features, int least, string purpose)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Count < least)
        {
            throw TooFew(features.Name, features.Count, least, purpose);
        }
    }

    public static DiffusionException TooFew(string name, long found, int least, string purpose) =>
        new(ErrorKind.Data, $"{name}: found {found} images, and {purpose} needs at least {least}: give more");

    /// <summary>Refuses two things of unlike dimensions.</summary>
    public static void RequireSameDimension(string name, int dimension, string otherName, int otherDimension)
    {
        if (dimension != otherDimension)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{otherName} has {otherDimension} features an image, and {name} has {dimension}: expected one number of both; make both with the same network");
        }
    }
}
