namespace DiffusionSharp.Imaging.Shapes;

/// <summary>The objects of <c>builtin:shapes</c>; the number is the class label.</summary>
public enum ShapeKind
{
    /// <summary>A filled circle.</summary>
    Disc = 0,

    /// <summary>A filled square.</summary>
    Square = 1,

    /// <summary>A filled equilateral triangle.</summary>
    Triangle = 2,

    /// <summary>A five-pointed star.</summary>
    Star = 3,

    /// <summary>A circle with a hole.</summary>
    Ring = 4,

    /// <summary>A plus sign with four equal arms.</summary>
    Cross = 5,
}
