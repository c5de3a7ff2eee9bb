using System.Text;
using System.Text.Json;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// JSON text that is read strictly: no object in it has a name twice. The parser's own <c>AllowDuplicateProperties = false</c> takes a
/// cryptographic random number for its hashes, and on a Linux without OpenSSL that ends the process.
/// </summary>
internal static class StrictJson
{
    /// <summary>The text itself, ready to be parsed.</summary>
    /// <param name="json">JSON text; what else is wrong with it is for its parser to say.</param>
    /// <exception cref="JsonException">A name occurs twice in an object, or it is not JSON.</exception>
    public static string Checked(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        var objects = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                objects.Push(new(StringComparer.Ordinal));
            }
            else if (reader.TokenType == JsonTokenType.EndObject)
            {
                objects.Pop();
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && Name(ref reader) is var name && !objects.Peek().Add(name))
            {
                throw new JsonException($"the name '{name}' occurs twice in one object");
            }
        }

        return json;
    }

    private static string Name(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("a name in it is not valid text", e);
        }
    }
}
