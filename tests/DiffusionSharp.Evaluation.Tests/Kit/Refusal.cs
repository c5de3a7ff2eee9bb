namespace DiffusionSharp.Evaluation.Tests.Kit;

/// <summary>That something is refused, and how.</summary>
internal static class Refusal
{
    public static void Says(ErrorKind kind, string text, Action act)
    {
        var e = Assert.Throws<DiffusionException>(act);
        Assert.Equal(kind, e.Kind);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
    }
}
